"""The Python module: models, sessions, pictures, bends, gradients, errors, lifetimes.

    python3 -m unittest discover -s tests/python        from the repository root, where `import ganbend` works
"""
import contextlib
import gc
import inspect
import io
import os
import pathlib
import shutil
import struct
import sys
import tempfile
import threading
import time
import unittest
import weakref

import ganbend
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/fixtures"
FACES = FIXTURES / "toy-faces-64.gbw"


def difference(a, b):
    return np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max()


class Models(unittest.TestCase):
    def test_what_is_known_of_a_network(self):
        model = ganbend.open(FACES)
        self.assertEqual(model.output_shape, (3, 64, 64))
        self.assertEqual(model.metadata["architecture"], "stylegan2")
        self.assertEqual(model.find("synthesis.b4.img").name, "synthesis.b4.torgb")
        self.assertEqual([n.name for n in model.match("synthesis.b8.conv?")], ["synthesis.b8.conv0", "synthesis.b8.conv1"])
        self.assertEqual(model.tensors["synthesis.b8.conv0.weight"].shape, (128, 128, 3, 3))
        self.assertIn("synthesis.b8.conv1", model._repr_html_())
        with self.assertRaises(KeyError):
            model.find("nothing")

    def test_a_checkpoint_from_a_path_from_bytes_and_from_a_file(self):
        path = FIXTURES / "rosinality-64.pt"
        pictures = [ganbend.open(path).render(seed=3), ganbend.open(path.read_bytes()).render(seed=3)]
        with path.open("rb") as file:
            pictures.append(ganbend.open(file).render(seed=3))
        pictures.append(ganbend.open(FACES.read_bytes()).render(seed=3))
        np.testing.assert_array_equal(pictures[0], pictures[1])
        np.testing.assert_array_equal(pictures[0], pictures[2])
        np.testing.assert_array_equal(pictures[3], ganbend.open(FACES).render(seed=3))

    def test_a_converted_checkpoint_is_kept_when_asked(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "tiny.pkl")
            shutil.copy(FIXTURES / "nvlabs-orig-16.pkl", path)
            ganbend.open(path)
            self.assertEqual([p.name for p in pathlib.Path(folder).iterdir()], ["tiny.pkl"])
            first = ganbend.open(path, cache=True)
            kept = path.with_name("tiny.pkl.gbw")
            written = kept.stat().st_ino
            self.assertEqual(ganbend.open(path, cache=True).checksum, first.checksum)
            self.assertEqual(kept.stat().st_ino, written)

    def test_what_is_kept_is_that_of_the_checkpoint_and_of_the_options(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "tiny.pkl")
            shutil.copy(FIXTURES / "nvlabs-orig-16.pkl", path)
            first = ganbend.open(path, cache=True).checksum
            halves = ganbend.open(path, cache=True, half=True).checksum
            self.assertNotEqual(halves, first)
            self.assertEqual(ganbend.open(path, cache=True).checksum, first)
            self.assertEqual(ganbend.open(path, cache=True, half=True).checksum, halves)
            older = path.stat().st_mtime_ns - 10**9
            shutil.copy(FIXTURES / "nvlabs-skip-64.pkl", path)      # an older file in its place
            os.utime(path, ns=(older, older))
            self.assertEqual(ganbend.open(path, cache=True).output_shape, (3, 64, 64))
            kept = path.with_name("tiny.pkl.gbw")
            kept.write_bytes(b"damaged")
            os.utime(kept, ns=(older, older))
            self.assertEqual(ganbend.open(path, cache=True).output_shape, (3, 64, 64))

    def test_where_nothing_can_be_kept_a_checkpoint_opens_all_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "tiny.pkl")
            shutil.copy(FIXTURES / "nvlabs-orig-16.pkl", path)
            path.with_name("tiny.pkl.gbw").mkdir()
            self.assertEqual(ganbend.open(path, cache=True).checksum, ganbend.open(path).checksum)

    def test_errors(self):
        with self.assertRaisesRegex(ganbend.FileError, "no such file"):
            ganbend.open("missing.gbw")
        with self.assertRaises(ganbend.BadFile):
            ganbend.open(b"nothing that is a network")
        self.assertTrue(issubclass(ganbend.FileError, OSError) and issubclass(ganbend.BadArgument, ValueError))
        with self.assertRaisesRegex(ganbend.DeviceError, "."):
            ganbend.open(FACES, device="cuda")

    def test_closing(self):
        model = ganbend.open(FACES)
        session = model.session()
        model.close()
        for use in (model.session, lambda: session.render(seed=1), lambda: model.find("z")):
            with self.assertRaisesRegex(ganbend.BadArgument, "closed"):
                use()
        model.close()

    def test_nothing_keeps_a_session_that_nobody_uses(self):
        session = ganbend.open(FACES).session()

        @session.callback("synthesis.b8.conv0")
        def nothing(x):
            pass
        self.assertEqual(session.render(seed=1).shape, (64, 64, 3))
        gone = weakref.ref(session)
        del session, nothing
        gc.collect()
        self.assertIsNone(gone())


class Interface(unittest.TestCase):
    def test_everything_public_is_typed_and_documented(self):
        def check(function, name):
            self.assertTrue(inspect.getdoc(function), f"{name} has no documentation")
            signature = inspect.signature(function)
            self.assertIsNot(signature.return_annotation, inspect.Signature.empty, f"{name} says nothing of its result")
            for parameter in signature.parameters.values():
                if parameter.name != "self":
                    self.assertIsNot(parameter.annotation, inspect.Parameter.empty, f"{name}: {parameter.name} has no type")

        for name in ganbend.__all__:
            thing = getattr(ganbend, name)
            if not isinstance(thing, type):
                check(thing, name)
                continue
            self.assertTrue(inspect.getdoc(thing), f"{name} has no documentation")
            own = {n: getattr(m, "fget", m) for n, m in vars(thing).items() if not n.startswith("_")}
            for method, function in own.items():
                if inspect.isfunction(function):
                    check(function, f"{name}.{method}")

    def test_the_example_in_the_readme(self):
        """The examples of tools/python/README.md run one after the other; the network is the toy one."""
        text = (ROOT / "tools/python/README.md").read_text()
        examples = text.split("```python\n")[1:]
        code = "\n".join(example.split("```")[0] for example in examples)
        self.assertIn("ganbend.compare(", code)
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(ROOT / "docs/examples/turned.yaml", folder)
            code = code.replace('"ffhq.pkl"', repr(str(FACES))).replace("face.png", folder + "/face.png") \
                       .replace("turned.yaml", folder + "/turned.yaml")
            names = {}
            try:
                import torch  # noqa: F401
                sys.path.insert(0, str(ROOT / "docs/examples"))
                import stylegan2_torch
                names["generator"] = stylegan2_torch.Generator(ganbend.open(FACES)).eval()
            except ImportError:
                code = code.split("result = ganbend.compare(")[0]
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, "README.md", "exec"), names)
            self.assertEqual(names["picture"].shape[-2:], (64, 64) if names["picture"].dtype == np.float32 else (64, 3))
            self.assertTrue(pathlib.Path(folder, "face.png").exists())


class Rendering(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = ganbend.open(FACES)

    def test_the_reference(self):
        reference = np.load(FIXTURES / "nvlabs-skip-64.npz")
        model = ganbend.open(FIXTURES / "nvlabs-skip-64.pkl")
        for z, image in zip(reference["z"], reference["image"]):
            picture = model.render(z=z, truncation=float(reference["psi"]), raw=True)
            self.assertLess(difference(picture, image), 1e-5 * np.abs(image).max())

    def test_a_batch_is_its_samples(self):
        session = self.model.session(batch=3)
        batch = session.render(seed=5, truncation=0.7)
        self.assertEqual(batch.shape, (3, 64, 64, 3))
        for k in range(3):
            np.testing.assert_array_equal(batch[k], self.model.render(seed=5 + k, truncation=0.7))
        self.assertEqual(session.render(raw=True, tap="mapping").layers["mapping"].shape, (3, 10, 128))

    def test_layers_by_name_glob_and_alias(self):
        picture = self.model.render(seed=7, truncation=0.7, tap=["mapping", "synthesis.b?.img", "synthesis.b*.conv1"])
        self.assertEqual(picture.layers["mapping"].shape, (1, 10, 128))
        self.assertEqual(picture.layers["synthesis.b64.conv1"].shape, (1, 40, 64, 64))
        again = self.model.render(w=picture.layers["mapping"])
        np.testing.assert_array_equal(picture, again)

    def test_inputs_in_other_types_live_as_long_as_they_are_read(self):
        model, count = ganbend.open(FIXTURES / "nvlabs-orig-16.pkl"), 256
        z = np.random.RandomState(1).randn(count, *model.with_role("z").shape)
        session = model.session(batch=count)
        session.inputs(z=z.astype(np.float32))
        expected = session.render(raw=True, tap="z").layers["z"]
        np.testing.assert_array_equal(expected, z.astype(np.float32))
        session.inputs(z=z)
        np.testing.assert_array_equal(session.render(raw=True, tap="z").layers["z"], expected)
        session.inputs(z=z.tolist())
        np.testing.assert_array_equal(session.render(raw=True, tap="z").layers["z"], expected)

    def test_inputs_are_set_together_or_not_at_all(self):
        session = self.model.session()
        before = session.render(seed=1, truncation=0.5)
        with self.assertRaises(ganbend.BadArgument):
            session.render(seed=2, truncation=float("nan"))
        np.testing.assert_array_equal(session.render(), before)
        with self.assertRaisesRegex(ganbend.BadArgument, r"\[1, 128\] is needed"):
            session.render(z=np.zeros(5))

    def test_drawing_into_an_array(self):
        out = np.zeros((64, 64, 3), np.uint8)
        picture = self.model.render(seed=7, out=out)
        self.assertIs(picture.base, out)
        np.testing.assert_array_equal(out, self.model.render(seed=7))
        with self.assertRaisesRegex(ganbend.BadArgument, "contiguous"):
            self.model.render(seed=7, out=out[:, ::2])

    def test_a_boundary_that_is_fed(self):
        session = self.model.session()
        first = session.render(seed=1, tap="synthesis.b16.conv0")
        values = first.layers["synthesis.b16.conv0"]
        session.feed("synthesis.b16.conv0", values * 0.5)
        self.assertGreater(difference(session.render(), first), 10)
        session.feed("synthesis.b16.conv0", None)
        np.testing.assert_array_equal(session.render(), first)
        session.noise_map("synthesis.b16.conv0", np.zeros((16, 16)))
        self.assertFalse((session.render() == first).all())
        session.noise_map("synthesis.b16.conv0", None)
        np.testing.assert_array_equal(session.render(), first)

    def test_png(self):
        data = self.model.render(seed=7).png()
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", data[16:24]), (64, 64))
        self.assertEqual(self.model.render(seed=7, raw=True).png(), data)
        self.assertIsNone(self.model.render(seed=7)[0]._repr_png_())
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "face.png")
            self.model.session().save(path, seed=7)
            self.assertIn(b"Settings", path.read_bytes())

    def test_the_interpreter_runs_while_the_engine_renders(self):
        """No thread is interrupted here, so that another one runs only while this one has given the lock away."""
        session, ticks, ended = self.model.session(batch=16), [0], threading.Event()

        def count():
            while not ended.is_set():
                ticks[0] += 1
                time.sleep(0.0001)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(3600)
        thread = threading.Thread(target=count)
        try:
            thread.start()
            before = ticks[0]
            session.render(seed=1)
            during = ticks[0] - before
        finally:
            ended.set()
            sys.setswitchinterval(interval)
            thread.join()
        self.assertGreater(during, 3)

    def test_cancelling_from_another_thread(self):
        session, ended = self.model.session(batch=64), []
        started = threading.Event()

        def draw():
            try:
                while True:
                    started.set()
                    session.render(seed=1)
            except ganbend.Cancelled as error:
                ended.append(error)

        thread = threading.Thread(target=draw)
        thread.start()
        started.wait()
        session.cancel()
        thread.join(60)
        self.assertEqual(len(ended), 1)

    def test_steps(self):
        session = self.model.session()
        session.render(seed=1)
        steps = session.steps()
        self.assertTrue(any(s.op == "modulated_conv2d" and s.seconds > 0 and s.ran for s in steps))


class Bending(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = ganbend.open(FACES)

    def setUp(self):
        self.session = self.model.session(interactive=True)
        self.plain = self.session.render(seed=7, truncation=0.7, raw=True).copy()

    def render(self):
        return self.session.render(raw=True)

    def test_an_activation_and_its_parameters(self):
        bend = self.session.bend("synthesis.b32.conv1", activation="sinlu", a=1, b=3)
        three = self.render()
        bend.set(b=2)
        two = self.render()
        bend.set(1, 3)
        np.testing.assert_array_equal(self.render(), three)
        self.assertGreater(difference(two, three), 0.01)
        bend.remove()
        np.testing.assert_array_equal(self.render(), self.plain)
        for wrong in ({"c": 1}, {"activation": "sinful"}, {"filter": "invert"}):
            with self.assertRaises(ganbend.BadArgument):
                self.session.bend("synthesis.b32.conv1", **{"activation": "sinlu", **wrong})

    def test_filters_and_features(self):
        self.session.bend("synthesis.b16.conv0", filter="translate", x=0.25, features=range(10))
        ten = self.render()
        self.session.unbend()
        self.session.bend("synthesis.b16.conv0", 0.25, filter="translate")
        self.assertGreater(difference(self.render(), ten), 0.01)
        self.assertIn("translate", ganbend.filters())
        self.assertIn("sinlu", ganbend.activations())

    def test_every_other_kind(self):
        vector = np.ones(128, np.float32)
        for bend in (lambda s: s.disable("synthesis.b16.conv1"),
                     lambda s: s.set("synthesis.b16.conv1", np.zeros((128, 16, 16))),
                     lambda s: s.set("synthesis.b16.conv1", np.ones((1, 128, 16, 16)), add=True),
                     lambda s: s.paint("synthesis.b16.conv1", vector, grid=2),
                     lambda s: s.paint("synthesis.b16.conv1", [vector, -vector], mask=np.eye(16) - 1),
                     lambda s: s.layer_noise("synthesis.b16.conv1", 30),
                     lambda s: s.style("synthesis.w3", 5),
                     lambda s: s.truncate("synthesis.w3", 0.1)):
            made = bend(self.session)
            self.assertGreater(difference(self.render(), self.plain), 1e-3)
            made.remove()
            np.testing.assert_array_equal(self.render(), self.plain)

    def test_a_callback_shares_the_engine_s_memory(self):
        seen = []

        @self.session.callback("synthesis.b16.conv0")
        def rotate(x):
            seen.append((x.shape, x.flags.owndata))
            return np.roll(x, 3, axis=-1)
        rolled = self.render()
        self.assertEqual(seen, [((1, 128, 16, 16), False)])
        rotate.bend.remove()

        @self.session.callback("synthesis.b16.conv0")
        def in_place(x):
            x[...] = np.roll(x, 3, axis=-1)
        np.testing.assert_array_equal(self.render(), rolled)

    def test_an_exception_in_a_callback_reaches_the_caller(self):
        @self.session.callback("synthesis.b16.conv0")
        def fails(x):
            raise RuntimeError("on purpose")
        with self.assertRaisesRegex(RuntimeError, "on purpose"):
            self.render()
        fails.bend.remove()
        np.testing.assert_array_equal(self.render(), self.plain)

    def test_recipes(self):
        recipe = self.session.recipe(ROOT / "docs/examples/turned.yaml")
        turned = self.render()
        name, value = next(iter(recipe.parameters.items()))
        recipe.set(**{name: value + 1})
        self.assertGreater(difference(self.render(), turned), 1e-3)
        recipe.set(**{name: value})
        np.testing.assert_array_equal(self.render(), turned)
        self.session.unbend()
        self.session.recipe({"bends": [{"at": "synthesis.b16.conv0", "filter": "invert"}]})
        inverted = self.render()
        self.session.unbend()
        self.session.bend("synthesis.b16.conv0", filter="invert")
        np.testing.assert_array_equal(self.render(), inverted)
        with self.assertRaisesRegex(ganbend.Error, "recipe"):
            self.session.recipe("bends:\n  - {at: nowhere, filter: nothing}\n")


class Gradients(unittest.TestCase):
    def test_a_step_along_the_gradient(self):
        model = ganbend.open(FACES)
        session = model.session(gradient=True)
        session.want("mapping", "synthesis.b8.conv1.noise_const")
        first = session.render(seed=3, truncation=0.7, raw=True, tap="mapping")
        gradients = session.backward(np.asarray(first))         # of half the sum of squares
        self.assertEqual(gradients["synthesis.b8.conv1.noise_const"].shape, (1, 1, 8, 8))
        w, step = first.layers["mapping"], 1e-3
        direction = gradients["mapping"] / np.linalg.norm(gradients["mapping"])
        after = model.render(w=w + step * direction, raw=True)
        change = 0.5 * (np.square(after, dtype=np.float64).sum() - np.square(first, dtype=np.float64).sum())
        self.assertAlmostEqual(change / step / np.linalg.norm(gradients["mapping"]), 1, delta=0.02)
        with self.assertRaises(ganbend.BadArgument):
            model.session().want("z")


class Torch(unittest.TestCase):
    def setUp(self):
        try:
            import torch
        except ImportError:
            self.skipTest("no PyTorch here")
        self.torch = torch
        sys.path.insert(0, str(ROOT / "docs/examples"))
        import stylegan2_torch
        self.model = ganbend.open(FACES)
        self.module = stylegan2_torch.Generator(self.model).eval()

    def test_one_session_for_everything(self):
        model = self.model
        s = model.session(interactive=True)
        image = s.render(seed=7, truncation=0.7)
        self.assertEqual((image.shape, image.dtype), ((64, 64, 3), np.uint8))
        raw = s.render(seed=7, raw=True)
        self.assertEqual((raw.shape, raw.dtype), ((3, 64, 64), np.float32))
        layers = s.render(seed=7, tap=["mapping", "synthesis.b*.img"]).layers
        self.assertEqual(list(layers), ["mapping", *(f"synthesis.b{r}.img" for r in (4, 8, 16, 32, 64))])
        pictures = [image]

        s.bend("synthesis.b32.conv1", activation="sinlu", a=1, b=3)
        pictures.append(s.render())
        s.recipe(ROOT / "docs/examples/turned.yaml", angle=30)
        pictures.append(s.render())

        @s.callback("synthesis.b16.conv0")
        def rotate(x):
            return np.roll(x, 3, axis=-1)
        pictures.append(s.render())
        for before, after in zip(pictures, pictures[1:]):
            self.assertGreater(difference(before, after), 1)
        self.assertTrue(ganbend.compare(model, self.module, seeds=range(8)).passed)

    def test_a_live_module(self):
        result = ganbend.compare(self.model, self.module, seeds=range(2), truncation=0.7, tolerance=2e-5)
        self.assertTrue(result.passed, result)
        self.assertEqual(len([r for r in result.rows if ".conv" in r.name and ".affine" not in r.name]), 9)
        self.assertIn("synthesis.b64.conv1", result._repr_html_())
        self.assertFalse(any(m._forward_hooks for m in self.module.modules()))

    def test_a_difference_shows_where_it_begins(self):
        self.module.synthesis.b16.conv1.bias[3] += 0.1
        result = ganbend.compare(self.model, self.module, seeds=[0])
        self.assertFalse(result.passed)
        wrong = [r.name for r in result.rows if r.relative > result.tolerance]
        self.assertEqual(wrong[0], "synthesis.b16.conv1")

    def test_tensors_go_both_ways(self):
        z = self.torch.randn(1, 128)
        picture = self.model.render(z=z, raw=True)
        np.testing.assert_array_equal(picture, self.model.render(z=z.numpy(), raw=True))
        shared = self.torch.from_dlpack(np.asarray(picture))
        shared[0, 0, 0] = 5
        self.assertEqual(picture[0, 0, 0], 5)


if __name__ == "__main__":
    unittest.main()
