"""The structs and functions that the module declares are those of the public headers: a C compiler says so."""
import ctypes
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from ganbend import _library

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRUCTS = [value for name, value in vars(_library).items() if name.startswith("gb_") and isinstance(value, type)]


class Layout(unittest.TestCase):
    def test_structs(self):
        lines = []
        for struct in STRUCTS:
            name = struct.__name__
            lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
            lines += [f'printf("{name}.{field} %zu\\n", offsetof({name}, {field}));' for field, *_ in struct._fields_]
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "layout.c")
            source.write_text('#include "ganbend.h"\n#include <stdio.h>\nint main(void) {\n' + "\n".join(lines) + "\n}\n")
            program = source.with_suffix("")
            subprocess.run([shutil.which("cc") or "gcc", "-I", ROOT / "engine", source, "-o", program], check=True)
            there = subprocess.run([program], check=True, capture_output=True, text=True).stdout.split("\n")
        here = []
        for struct in STRUCTS:
            here.append(f"{struct.__name__} {ctypes.sizeof(struct)}")
            here += [f"{struct.__name__}.{field} {getattr(struct, field).offset}" for field, *_ in struct._fields_]
        self.assertGreater(len(here), 100)
        self.assertEqual(here, there[:-1])

    def test_functions(self):
        header = "".join(path.read_text() for path in (ROOT / "engine").glob("ganbend*.h"))
        declared = dict(re.findall(r"^GB_API [^;(]*?(gb_\w+)\(([^;]*)\);", header, re.M))
        for name, arguments in [*((n, a + [None]) for n, a in _library.FALLIBLE.items()),
                                *((n, a) for n, (_, a) in _library.OTHERS.items())]:
            text = re.sub(r"/\*.*?\*/", "", declared[name])
            text = re.sub(r"\(\*\w+\)\([^)]*\)", "", text)
            count = 0 if text.strip() == "void" else text.count(",") + 1
            self.assertEqual(count, len(arguments), name)
            self.assertEqual("gb_error *err" in text, name in _library.FALLIBLE, name)


if __name__ == "__main__":
    unittest.main()
