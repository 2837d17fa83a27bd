export { backwardNames, backwards, findBackward } from "./backwards.ts";
export { findForward, forwardNames, forwards } from "./forwards.ts";
export { gradientThrough } from "./gradient-through.ts";
export { type AlgorithmChoice, algorithmSpellings, algorithms, findAlgorithm, knownAlgorithms } from "./gradients.ts";
export { backwardPeers } from "./programs/backward-peers.ts";
export { peers } from "./programs/peers.ts";
export { pythonWith } from "./programs/python.ts";
export { type StackCertificate, type StackResult, stackAlgorithms, stackGradients } from "./stack.ts";
