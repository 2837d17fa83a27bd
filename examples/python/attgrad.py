"""Gradients of attention from Python: exact, or approximate with a proof of the error. One file, NumPy only.

    import attgrad

    dQ, dK, dV = attgrad.backward(Q, K, V, dO, mask="causal")                  # exact
    grads = attgrad.backward(Q, K, V, dO, mask="causal", epsilon=1e-6)         # no entry is off by more than 1e-6
    O, lse = attgrad.forward(Q, K, V, mask="causal")
    dX = attgrad.gradient(A1=H, A2=H, A3=H, X=W_Q @ W_K.T, Y=W_V, E=target)["X"]
    O = attgrad.attention(Q, K, V, mask="causal", epsilon=1e-6)                # PyTorch tensors, for autograd

Arrays have the shape (n, d), (heads, n, d) or (batch, heads, n, d). K and V may have fewer heads than Q, a divisor. Work is in single
precision where all arrays are float32, in double otherwise. The scale of the scores is 1/d by default; most networks have
scale="1/sqrt(d)". docs/backward.md says what is computed and proved, docs/serve.md how this file talks to the command.

The command runs as a server beside Python: it starts with the first call, which takes a second, and ends with Python. It is found by the
variable ATTGRAD (a command line), on the PATH, or in node_modules of the current folder, of this file's, or of one above them.
"""

import atexit
import io
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
import weakref

import numpy as np

__all__ = [
    "Attgrad",
    "AttgradError",
    "BackwardResult",
    "ComputationError",
    "ForwardResult",
    "GradientResult",
    "ServerError",
    "UsageError",
    "attention",
    "backward",
    "forward",
    "gradient",
    "plan",
]

PROTOCOL = 1


class AttgradError(Exception):
    """Any error of this module."""


class UsageError(AttgradError, ValueError):
    """The call is wrong: shapes that do not go together, an entry that is not finite, an unknown parameter."""


class ComputationError(AttgradError, ArithmeticError):
    """The call is right and cannot be met: no polynomial proves the error that was asked for, or there is no memory."""


class ServerError(AttgradError, RuntimeError):
    """The command is not found, has ended, or has a bug."""


class BackwardResult(tuple):
    """`dQ, dK, dV`, shaped like Q, K and V. `O` and `lse` are None unless `with_output` asked for them."""

    def __new__(cls, arrays, info):
        self = super().__new__(cls, (arrays["dQ"], arrays["dK"], arrays["dV"]))
        self.info = info
        self.O, self.lse = arrays.get("O"), arrays.get("lse")
        self.row_bounds = {name: arrays[f"{name}Bounds"] for name in ("dQ", "dK", "dV") if f"{name}Bounds" in arrays}
        return self

    dQ = property(lambda self: self[0])
    dK = property(lambda self: self[1])
    dV = property(lambda self: self[2])

    @property
    def bounds(self):
        """Proved bounds on the error of an entry: {"dQ": …, "dK": …, "dV": …}; None where nothing is proved, as for exact algorithms."""
        certificate = self.info["certificate"]
        return certificate["bounds"] if certificate["kind"] in ("a-priori", "a-posteriori") else None


class ForwardResult(tuple):
    """`O, lse`; lse, ln of the sum of the exponentials of a query's scores, is None where a polynomial was used."""

    def __new__(cls, arrays, info):
        self = super().__new__(cls, (arrays["O"], arrays.get("lse")))
        self.info = info
        return self

    O = property(lambda self: self[0])
    lse = property(lambda self: self[1])


class GradientResult(dict):
    """Gradients of the loss by the names of their matrices; `loss` and `info` beside them."""

    def __init__(self, arrays, info):
        super().__init__(arrays)
        self.info = info
        self.loss = info["loss"]


class Attgrad:
    """A server of its own, for other settings than the module's functions have. `with Attgrad(threads=2) as a: a.backward(…)`

    command: list of words or a command line; default: found as the module says
    threads: number of threads; kernel: build of the inner loops; memory: most that the arrays of a call may take, like "4GB"
    Calls from several threads wait for each other.
    """

    def __init__(self, command=None, *, threads=1, kernel=None, memory=None):
        self._command = _words(command) if command is not None else None
        self._flags = ["--threads", str(threads)]
        for name, value in (("kernel", kernel), ("memory", memory)):
            if value is not None:
                self._flags += [f"--{name}", str(value)]
        self._lock = threading.Lock()
        self._process = None
        self._errors = None
        self._id = 0
        _clients.add(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the server; a later call starts another."""
        self._discard(timeout=2)

    def backward(self, Q, K, V, dO, *, mask="none", window=None, lengths=None, scale=None, epsilon=None, relative=None,
                 degree=None, algorithm="auto", dtype=None, with_output=False, row_bounds=False, **options):
        """dQ, dK and dV of softmax(scale · Q Kᵀ over visible keys) V for an upstream gradient dO, shaped like the output.

        mask: "none", or "causal", aligned at the end; window: with it, how many of these keys a query sees, the last ones
        lengths: of sequences that are packed one behind the other and do not see each other
        scale: a number, "1/d" (default) or "1/sqrt(d)"
        epsilon: accepted error of an entry; relative: the same as a part of each gradient's largest entry; default: exact
        algorithm: "auto", "exact", "polynomial", …; degree and options: of the algorithm
        with_output: give `O` and `lse` too; row_bounds: bounds for each row, as `row_bounds`, where something is proved
        """
        params = {**options, "mask": mask, "window": window, "lengths": _numbers(lengths), "scale": scale,
                  "epsilon": epsilon, "relative": relative, "degree": degree, "algorithm": algorithm, "dtype": dtype,
                  "withOutput": bool(with_output), "rowBounds": bool(row_bounds)}
        info, arrays = self._call("backward", params, {"Q": Q, "K": K, "V": V, "dO": dO})
        return BackwardResult(arrays, info)

    def forward(self, Q, K, V, *, mask="none", window=None, lengths=None, scale=None, epsilon=None, relative=None,
                algorithm="exact", dtype=None, **options):
        """O = softmax(scale · Q Kᵀ over visible keys) V, exact unless another algorithm is asked for; parameters as `backward`."""
        params = {**options, "mask": mask, "window": window, "lengths": _numbers(lengths), "scale": scale,
                  "epsilon": epsilon, "relative": relative, "algorithm": algorithm, "dtype": dtype}
        info, arrays = self._call("forward", params, {"Q": Q, "K": K, "V": V})
        return ForwardResult(arrays, info)

    def gradient(self, *, A1, A2, A3, X, Y, E, wrt="X", scale=None, epsilon=None, relative=None, algorithm="auto", dtype=None,
                 **options):
        """Gradients of ½ ‖softmax(scale · A1 X A2ᵀ) A3 Y − E‖² in the matrices of `wrt`, like "X" or ("X", "Y", "A1").

        A1, A2, A3 and E are n x d, X and Y d x d. `epsilon`: accepted error of an entry; `relative`: the same as a part of
        each gradient's largest entry (default: 1e-3; algorithm="exact" for none).
        """
        names = wrt if isinstance(wrt, str) else ",".join(wrt)
        params = {**options, "wrt": names, "scale": scale, "epsilon": epsilon, "relative": relative, "algorithm": algorithm,
                  "dtype": dtype}
        info, arrays = self._call("gradient", params, {"A1": A1, "A2": A2, "A3": A3, "E": E, "X": X, "Y": Y})
        return GradientResult(arrays, info)

    def plan(self, *, epsilon=None, relative=None, scale=None, dtype=None, **arrays):
        """Each algorithm's predicted time and provable error for the arrays of `gradient` or `backward`, and the pick of auto."""
        settings = {name: arrays.pop(name) for name in ("mask", "window", "lengths") if name in arrays}
        settings.update(epsilon=epsilon, relative=relative, scale=scale, dtype=dtype)
        return self._call("plan", settings, arrays)[0]

    def version(self):
        """Version of the command, its kernel, its threads."""
        return self._call("version", {}, {})[0]

    def attention(self, Q, K, V, **settings):
        """O for PyTorch tensors, whose backward pass is `backward` with these settings; see `attgrad.attention`."""
        return _torch_function().apply(Q, K, V, self, settings)

    def _call(self, method, params, arrays):
        arrays = {name: _array(name, value) for name, value in arrays.items()}
        with self._lock:
            self._id += 1
            line = _line({"id": self._id, "method": method, "params": params}, arrays)
            return self._exchange(line, arrays)

    def _exchange(self, line, arrays):
        self._start()
        try:
            _send(self._process.stdin, line, arrays)
            answer, made = _receive(self._process.stdout)
            if answer["id"] != self._id:
                raise ServerError(f"attgrad: answer {answer['id']} to request {self._id}")
        except (OSError, EOFError, ValueError) as error:
            raise self._ended(error) from None
        except BaseException:
            # in the middle of an exchange, as by Ctrl-C: what comes next from the server would be read as another's answer
            self._discard()
            raise
        if "error" in answer:
            kind, message = answer["error"]["kind"], answer["error"]["message"]
            raise _errors_by_kind.get(kind, ServerError)(message)
        return answer["result"], made

    def _start(self):
        if self._process is not None and self._process.poll() is None:
            return
        self._discard()
        command = self._command or find_command()
        flags = [*self._flags, "--parent", str(os.getpid())]
        errors = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen([*command, "serve", *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                             stderr=errors)
        except OSError as error:
            errors.close()
            raise ServerError(f"attgrad: cannot start {shlex.join(command)}: {error.strerror}") from None
        self._errors = errors
        for pipe in (self._process.stdin, self._process.stdout):
            _widen(pipe)

    def _ended(self, error):
        """The error that tells why the server has ended, by its last line on standard error."""
        said = self._discard(timeout=1).strip().splitlines()
        return ServerError(said[-1] if said else f"attgrad: the server has ended: {error or type(error).__name__}")

    def _discard(self, timeout=0):
        """Ends the server, at once unless it has time to end by itself; gives what it wrote to standard error."""
        process, self._process = self._process, None
        if process is None:
            return ""
        try:
            process.stdin.close()
        except OSError:
            pass
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        with self._errors as errors:
            errors.seek(0)
            return errors.read().decode(errors="replace")


_clients = weakref.WeakSet()
_shared = None
_shared_lock = threading.Lock()
_errors_by_kind = {"usage": UsageError, "computation": ComputationError}


@atexit.register
def _close_all():
    for client in list(_clients):
        client.close()


def _leave_to_parent():
    """After a fork the servers are the parent's: a client of the child starts its own."""
    for client in list(_clients):
        _of_parent.append((client._process, client._errors))
        client._process, client._lock = None, threading.Lock()


_of_parent = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def shared():
    """The server of the module's functions: one thread, or as many as the variable ATTGRAD_THREADS says."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Attgrad(threads=os.environ.get("ATTGRAD_THREADS", 1))
        return _shared


def backward(Q, K, V, dO, **settings):
    return shared().backward(Q, K, V, dO, **settings)


def forward(Q, K, V, **settings):
    return shared().forward(Q, K, V, **settings)


def gradient(**matrices_and_settings):
    return shared().gradient(**matrices_and_settings)


def plan(**arrays_and_settings):
    return shared().plan(**arrays_and_settings)


def attention(Q, K, V, *, client=None, **settings):
    """Attention of PyTorch tensors whose gradients attgrad computes: exactly, or with `epsilon`, `relative` or `degree` by polynomials.

    The output is exact. Tensors may be on any device; they are computed with on the processor, bfloat16 and float16 in single precision.
    `settings` are those of `backward`. `client`: an `Attgrad`; default: the module's.
    """
    return (client or shared()).attention(Q, K, V, **settings)


for _own in (backward, forward, gradient, plan):
    _own.__doc__ = getattr(Attgrad, _own.__name__).__doc__


def find_command():
    """The words that start attgrad. Raises ServerError, naming the places, where it is not found."""
    if os.environ.get("ATTGRAD"):
        return _words(os.environ["ATTGRAD"])
    on_path = shutil.which("attgrad")
    if on_path:
        return [on_path]
    for start in (os.getcwd(), os.path.dirname(os.path.abspath(__file__))):
        folder = start
        while True:
            local = shutil.which("attgrad", path=os.path.join(folder, "node_modules", ".bin"))
            if local:
                return [local]
            if folder == os.path.dirname(folder):
                break
            folder = os.path.dirname(folder)
    raise ServerError("attgrad: the command is not found: not in the variable ATTGRAD, on the PATH, or in node_modules here or above; "
                      "run npm ci in a clone of the project")


def _widen(pipe):
    """Lets a pipe hold a mebibyte where the system can (Linux): large arrays go through in fewer turns."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 2**20)
    except (ImportError, AttributeError, OSError):
        pass


def _words(command):
    return shlex.split(command, posix=os.name != "nt") if isinstance(command, str) else list(command)


def _array(name, value):
    """A contiguous array of real numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise UsageError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return np.asarray(array, order="C")


def _numbers(values):
    """A list of numbers for JSON."""
    return None if values is None else np.asarray(values).tolist()


def _line(request, arrays):
    """The line of a request; its arrays are replaced by their headers and themselves."""
    lengths = []
    for name, array in arrays.items():
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
        arrays[name] = (header.getvalue(), array)
        lengths.append({"name": name, "bytes": len(header.getvalue()) + array.nbytes})
    try:
        text = json.dumps({**request, "arrays": lengths}, allow_nan=False, default=_plain)
    except UsageError:
        raise
    except ValueError:
        bad = [name for name, value in request["params"].items() if isinstance(value, float) and not np.isfinite(value)]
        raise UsageError(f"{' and '.join(bad) or 'every parameter'} must be finite") from None
    return text.encode() + b"\n"


def _plain(value):
    """A NumPy number as JSON's."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise UsageError(f"a parameter cannot be {type(value).__name__}: {value!r}")


def _send(pipe, line, arrays):
    pipe.write(line)
    for header, array in arrays.values():
        pipe.write(header)
        # the memory itself; an array of no axes has no other view of its bytes
        pipe.write(array.reshape(-1).view(np.uint8).data)
    pipe.flush()


def _receive(pipe):
    line = pipe.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    answer = json.loads(line)
    return answer, {named["name"]: _read_array(pipe, named["bytes"]) for named in answer["arrays"]}


def _read_array(pipe, length):
    # the system hands out memory page by page: NumPy asks it for large pages, and fills none with zeros first
    memory = np.empty(length, np.uint8)
    view = memory.data
    at = 0
    while at < length:
        count = pipe.readinto(view[at:])
        if not count:
            raise EOFError
        at += count
    header = io.BytesIO(view[:128])
    np.lib.format.read_magic(header)
    shape, _, dtype = np.lib.format.read_array_header_1_0(header)
    return memory[header.tell():].view(dtype).reshape(shape)


_function = None


def _torch_function():
    """The autograd function, made when PyTorch is first needed."""
    global _function
    if _function is not None:
        return _function
    try:
        import torch
    except ImportError:
        raise ServerError("attgrad.attention needs PyTorch: pip install torch") from None

    def numbers(tensor):
        tensor = tensor.detach().to("cpu")
        if tensor.dtype not in (torch.float32, torch.float64):
            tensor = tensor.to(torch.float32)
        return tensor.contiguous().numpy()

    def tensor_like(array, other):
        return torch.from_numpy(array).to(device=other.device, dtype=other.dtype)

    class Attention(torch.autograd.Function):
        """softmax(scale · Q Kᵀ over visible keys) V; its backward pass is attgrad's."""

        @staticmethod
        def forward(ctx, Q, K, V, client, settings):
            ctx.save_for_backward(Q, K, V)
            ctx.client, ctx.settings = client, settings
            shown = {name: settings[name] for name in ("mask", "window", "lengths", "scale") if name in settings}
            return tensor_like(client.forward(numbers(Q), numbers(K), numbers(V), **shown).O, Q)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, dO):
            Q, K, V = ctx.saved_tensors
            grads = ctx.client.backward(numbers(Q), numbers(K), numbers(V), numbers(dO.to(Q.dtype)), **ctx.settings)
            return tensor_like(grads.dQ, Q), tensor_like(grads.dK, K), tensor_like(grads.dV, V), None, None

    _function = Attention
    return _function
