"""Tests of attgrad.py: `python3 -m unittest examples/python/test_attgrad.py`, in a clone of the project after npm ci.

Reference cases are those of packages/attention-problem/fixtures/backward, in extended precision.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import unittest

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import attgrad  # noqa: E402

cases_folder = os.path.join(here, "../../packages/attention-problem/fixtures/backward")

try:
    import torch
except ImportError:
    torch = None


def cases():
    with open(os.path.join(cases_folder, "cases.json")) as file:
        for name, visibility in json.load(file).items():
            with np.load(os.path.join(cases_folder, f"{name}.npz")) as given:
                arrays = {key: given[key] for key in ("Q", "K", "V", "dO")}
                scale = float(given["scale"]) if "scale" in given else None
            with np.load(os.path.join(cases_folder, f"{name}-ref.npz")) as answers:
                yield name, arrays, {**visibility, "scale": scale}, {key: answers[key] for key in answers.files}


def layer(shape=(40, 3), seed=0, dtype=float, size=0.7):
    random = np.random.default_rng(seed)
    return {name: size * random.standard_normal(shape).astype(dtype) for name in ("Q", "K", "V", "dO")}


def definition(Q, K, V, dO, scale):
    """dQ, dK and dV of one head, from the formulas."""
    scores = scale * Q @ K.T
    P = np.exp(scores - scores.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    dP = dO @ V.T
    dS = P * (dP - (P * dP).sum(axis=1, keepdims=True))
    return scale * dS @ K, scale * dS.T @ Q, P.T @ dO


class ReferenceCases(unittest.TestCase):
    def test_exact_gradients_agree_to_1e_12(self):
        for name, arrays, settings, wanted in cases():
            with self.subTest(name):
                result = attgrad.backward(**arrays, **settings, algorithm="exact", with_output=True)
                for key, got in (("dQ", result.dQ), ("dK", result.dK), ("dV", result.dV), ("O", result.O)):
                    self.assertEqual(got.shape, wanted[key].shape)
                    self.assertLessEqual(np.abs(got - wanted[key]).max(), 1e-12, key)
                sees = np.isfinite(wanted["lse"])
                np.testing.assert_allclose(result.lse[sees], wanted["lse"][sees], rtol=1e-12, atol=1e-12)
                self.assertTrue((result.lse[~sees] == -np.inf).all())

    def test_polynomial_gradients_stay_within_their_bounds(self):
        for name, arrays, settings, wanted in cases():
            with self.subTest(name):
                result = attgrad.backward(**arrays, **settings, algorithm="polynomial", degree=5, row_bounds=True)
                self.assertEqual(result.info["certificate"]["kind"], "a-posteriori")
                for key, got in (("dQ", result.dQ), ("dK", result.dK), ("dV", result.dV)):
                    error = np.abs(got - wanted[key])
                    self.assertLessEqual(error.max(), result.bounds[key])
                    self.assertTrue((error.max(axis=-1) <= result.row_bounds[key]).all())

    def test_outputs_agree_to_1e_12(self):
        for name, arrays, settings, wanted in cases():
            with self.subTest(name):
                del arrays["dO"]
                output, lse = attgrad.forward(**arrays, **settings)
                self.assertLessEqual(np.abs(output - wanted["O"]).max(), 1e-12)
                self.assertEqual(lse.shape, wanted["lse"].shape)


class Calls(unittest.TestCase):
    def test_epsilon_is_kept(self):
        arrays = layer((300, 3), size=0.5)
        result = attgrad.backward(**arrays, mask="causal", algorithm="polynomial", epsilon=1e-5)
        exact = attgrad.backward(**arrays, mask="causal")
        self.assertLessEqual(max(result.bounds.values()), 1e-5)
        for near, true in zip(result, exact):
            self.assertLessEqual(np.abs(near - true).max(), 1e-5)
        self.assertIsNone(exact.bounds)
        self.assertEqual(exact.info["chosen"]["algorithm"], "streaming")

    def test_types_and_orders_of_arrays(self):
        arrays = layer((2, 3, 20, 4))
        true = attgrad.backward(**arrays)
        single = attgrad.backward(**{name: array.astype(np.float32) for name, array in arrays.items()})
        turned = attgrad.backward(**{name: np.asfortranarray(array) for name, array in arrays.items()})
        swapped = attgrad.backward(**{name: array.astype(">f8") for name, array in arrays.items()})
        asked = attgrad.backward(**arrays, dtype="f32")
        strided = attgrad.backward(**{name: np.repeat(array, 2, axis=2)[:, :, ::2] for name, array in arrays.items()})
        for at in range(3):
            self.assertEqual((single[at].dtype, asked[at].dtype), (np.float32, np.float32))
            np.testing.assert_allclose(single[at], true[at], rtol=1e-4, atol=1e-5)
            for other in (turned, swapped, strided):
                np.testing.assert_array_equal(other[at], true[at])
            self.assertTrue(true[at].flags.writeable)
        whole = attgrad.backward([[1, 2]], [[1, 0]], [[3, 4]], [[1, 1]])
        np.testing.assert_array_equal(whole.dV, [[1, 1]])

    def test_heads_and_groups(self):
        Q, K, V, dO = layer((4, 15, 3)).values()
        dQ, dK, dV = attgrad.backward(Q, K[:2], V[:2], dO, scale="1/sqrt(d)")
        wanted = [definition(Q[h], K[h // 2], V[h // 2], dO[h], 3**-0.5) for h in range(4)]
        for h in range(4):
            np.testing.assert_allclose(dQ[h], wanted[h][0], rtol=1e-12, atol=1e-13)
        for k in range(2):
            np.testing.assert_allclose(dK[k], wanted[2 * k][1] + wanted[2 * k + 1][1], rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(dV[k], wanted[2 * k][2] + wanted[2 * k + 1][2], rtol=1e-12, atol=1e-13)

    def test_packed_sequences_are_those_one_by_one(self):
        arrays = layer((30, 3))
        packed = attgrad.backward(**arrays, mask="causal", lengths=np.array([10, 20]))
        for rows in (slice(0, 10), slice(10, 30)):
            alone = attgrad.backward(**{name: array[rows] for name, array in arrays.items()}, mask="causal")
            for at in range(3):
                np.testing.assert_allclose(packed[at][rows], alone[at], rtol=1e-12, atol=1e-14)

    def test_gradients_of_the_problem(self):
        random = np.random.default_rng(3)
        A1, A2, A3, E = random.uniform(-1, 1, (4, 50, 3))
        X, Y = random.standard_normal((2, 3, 3))
        matrices = dict(A1=A1, A2=A2, A3=A3, E=E, X=X, Y=Y)
        scores = A1 @ X @ A2.T / 3
        P = np.exp(scores)
        P /= P.sum(axis=1, keepdims=True)
        dO = P @ A3 @ Y - E
        dQ, dK, dV = definition(A1 @ X, A2, A3 @ Y, dO, 1 / 3)
        wanted = {"X": A1.T @ dQ, "Y": A3.T @ dV, "A1": dQ @ X.T, "A2": dK, "A3": dV @ Y.T, "E": -dO}
        one = attgrad.gradient(**matrices, algorithm="exact")
        self.assertEqual(list(one), ["X"])
        self.assertAlmostEqual(one.loss, (dO**2).sum() / 2, places=10)
        all_of_them = attgrad.gradient(**matrices, wrt=list(wanted), algorithm="exact")
        for name, array in wanted.items():
            np.testing.assert_allclose(all_of_them[name], array, rtol=1e-11, atol=1e-12)
        near = attgrad.gradient(**matrices, algorithm="polynomial/moment", epsilon=1e-4)
        self.assertLessEqual(np.abs(near["X"] - wanted["X"]).max(), near.info["certificate"]["bound"])
        self.assertEqual(attgrad.plan(**matrices)["chosen"]["algorithm"], "streaming")

    def test_calls_of_several_threads(self):
        wanted = [attgrad.backward(**layer(seed=seed)) for seed in range(6)]
        got = [None] * 6

        def run(seed):
            got[seed] = attgrad.backward(**layer(seed=seed))

        threads = [threading.Thread(target=run, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for seed in range(6):
            for at in range(3):
                np.testing.assert_array_equal(got[seed][at], wanted[seed][at])


class Errors(unittest.TestCase):
    def refused(self, pattern, arrays, kind=attgrad.UsageError, **settings):
        with self.assertRaisesRegex(kind, pattern):
            attgrad.backward(**arrays, **settings)
        # the server goes on
        self.assertEqual(attgrad.backward(**layer()).dQ.shape, (40, 3))

    def test_wrong_calls_are_usage_errors_of_one_line(self):
        arrays = layer()
        self.refused(r"^Q \(40, 3\) and K \(40, 2\) do not go together", {**arrays, "K": arrays["K"][:, :2]})
        self.refused(r"^dO must have the shape of the output, \(40, 3\)", {**arrays, "dO": arrays["dO"][:9]})
        self.refused(r"^V\[1, 2\] is nan|^V\[1, 2\] is NaN", {**arrays, "V": np.where(arrays["V"] == arrays["V"][1, 2], np.nan, arrays["V"])})
        self.refused(r"^K must be an array of real numbers, got dtype complex128", {**arrays, "K": arrays["K"] * 1j})
        self.refused(r"^Q must be an array of real numbers, got dtype object", {**arrays, "Q": np.array(["a", None])})
        self.refused(r"^mask must be one of none, causal, got \"alibi\"", arrays, mask="alibi")
        self.refused(r"^window 3 needs mask \"causal\"", arrays, window=3)
        self.refused(r"^lengths add up to 3, but there are 40 queries", arrays, lengths=[3])
        self.refused(r"^auto has no parameter epsilom \(did you mean epsilon\?\)", arrays, epsilom=1e-6)
        self.refused(r"^epsilon must be > 0, got 0", arrays, epsilon=0)
        self.refused(r"^epsilon must be finite", arrays, epsilon=float("nan"))
        self.refused(r"^a parameter cannot be set", arrays, epsilon={1})

    def test_what_cannot_be_proved_is_a_computation_error(self):
        self.refused(r"^polynomial: no degree proves epsilon", layer(), attgrad.ComputationError, algorithm="polynomial", epsilon=1e-300)

    def test_a_command_that_is_not_there_or_does_not_start(self):
        with self.assertRaisesRegex(attgrad.ServerError, "cannot start /nowhere/attgrad: No such file"):
            attgrad.Attgrad("/nowhere/attgrad").version()
        with self.assertRaisesRegex(attgrad.ServerError, "threads must be a whole number 1 to 256, got 1000"):
            attgrad.Attgrad(threads=1000).version()
        nowhere = {"PATH": "/nowhere", "PYTHONPATH": here}
        program = "import shutil, attgrad; shutil.which = lambda *_, **__: None; attgrad.find_command()"
        ended = subprocess.run([sys.executable, "-c", program], env=nowhere, capture_output=True, text=True)
        self.assertIn("ServerError: attgrad: the command is not found", ended.stderr)

    def test_a_server_that_is_killed_is_told_and_replaced(self):
        with attgrad.Attgrad() as client:
            client.version()
            client._process.kill()
            client._process.wait()
            self.assertEqual(client.backward(**layer()).dQ.shape, (40, 3))
            first = client.version()["pid"]
            client._process.stdin.write(b'{"id": 1, "method": "backw')
            client._process.stdin.flush()
            # the server takes what follows for the rest of that line, and answers something else
            with self.assertRaisesRegex(attgrad.ServerError, "answer None to request"):
                client.version()
            self.assertNotEqual(client.version()["pid"], first)

    def test_ctrl_c_in_the_middle_leaves_no_half_answer(self):
        with attgrad.Attgrad() as client:
            receive = attgrad._receive

            def interrupted(_):
                raise KeyboardInterrupt

            attgrad._receive = interrupted
            try:
                with self.assertRaises(KeyboardInterrupt):
                    client.backward(**layer())
            finally:
                attgrad._receive = receive
            np.testing.assert_array_equal(client.backward(**layer()).dQ, attgrad.backward(**layer()).dQ)


class Ends(unittest.TestCase):
    def test_the_server_ends_with_its_client(self):
        with attgrad.Attgrad() as client:
            client.version()
            process = client._process
        self.assertEqual(process.returncode, 0)
        self.assertEqual(client.version()["protocol"], attgrad.PROTOCOL)
        client.close()

    def test_the_server_ends_with_python(self):
        program = "import attgrad, os; v = attgrad.shared().version(); print(v['pid'])"
        for last in ("", "; os._exit(1)"):
            ended = subprocess.run([sys.executable, "-c", program + last.replace(";", "; import sys; sys.stdout.flush();")],
                                   env={**os.environ, "PYTHONPATH": here}, capture_output=True, text=True)
            pid = int(ended.stdout)
            for _ in range(100):
                if not is_running(pid):
                    break
                threading.Event().wait(0.05)
            self.assertFalse(is_running(pid))

    @unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
    def test_a_forked_child_has_a_server_of_its_own(self):
        mine = attgrad.shared().version()["pid"]
        context = multiprocessing.get_context("fork")
        queue = context.Queue()
        child = context.Process(target=lambda: queue.put(attgrad.shared().version()["pid"]))
        child.start()
        theirs = queue.get(timeout=30)
        child.join()
        self.assertNotEqual(mine, theirs)
        self.assertEqual(attgrad.shared().version()["pid"], mine)


def is_running(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


@unittest.skipIf(torch is None, "PyTorch is not installed")
class Torch(unittest.TestCase):
    def tensors(self, *shapes):
        generator = torch.Generator().manual_seed(1)
        return [torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True) for shape in shapes]

    def test_gradcheck(self):
        for settings in ({}, {"mask": "causal"}, {"mask": "causal", "window": 2, "scale": "1/sqrt(d)"}, {"lengths": [2, 3]}):
            with self.subTest(str(settings)):
                inputs = self.tensors((2, 5, 3), (1, 5, 3), (1, 5, 2))
                self.assertTrue(torch.autograd.gradcheck(lambda Q, K, V: attgrad.attention(Q, K, V, **settings), inputs))

    def test_gradients_are_those_of_pytorch(self):
        inputs = self.tensors((1, 2, 30, 4), (1, 2, 30, 4), (1, 2, 30, 4))
        ours = attgrad.attention(*inputs, mask="causal", scale="1/sqrt(d)")
        Q, K, V = inputs
        hidden = torch.ones(30, 30, dtype=torch.bool).triu(1)
        theirs = (Q @ K.transpose(-1, -2) / 2).masked_fill(hidden, -torch.inf).softmax(-1) @ V
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
        # sum() hands back a gradient without memory of its own
        for own, other in zip(torch.autograd.grad(ours.sum(), inputs), torch.autograd.grad(theirs.sum(), inputs)):
            torch.testing.assert_close(own, other, rtol=1e-11, atol=1e-12)

    def test_half_precision_comes_back_as_it_came(self):
        inputs = [tensor.detach().to(torch.bfloat16).requires_grad_() for tensor in self.tensors((8, 3), (8, 3), (8, 3))]
        output = attgrad.attention(*inputs, epsilon=1e-2, algorithm="polynomial")
        output.sum().backward()
        self.assertEqual([output.dtype, *(tensor.grad.dtype for tensor in inputs)], [torch.bfloat16] * 4)


if __name__ == "__main__":
    unittest.main()
