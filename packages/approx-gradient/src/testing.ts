export { type ContractCase, describeAlgorithmContract } from "./contract/describe-contract.ts";
