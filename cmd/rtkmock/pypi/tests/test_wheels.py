"""The script that builds and checks wheels. No program is run here, and none is compiled."""

from __future__ import annotations

import contextlib
import io
import struct
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, Tuple
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))

import wheels


def program(platform: wheels.Platform, interpreter: bool = False) -> bytes:
    """Return the head of a program, which is all that is looked at."""
    if platform.os == "linux":
        bits, offset_at, offset_form, sizes_at = (1, 28, "<I", 42) if platform.arch == "386" else (2, 32, "<Q", 54)
        head = bytearray(64)
        head[:5] = b"\x7fELF" + bytes([bits])
        struct.pack_into("<H", head, 18, wheels.ELF[platform.arch])
        struct.pack_into(offset_form, head, offset_at, 64)
        struct.pack_into("<HH", head, sizes_at, 56, 2)
        return bytes(head) + struct.pack("<I", 1).ljust(56, b"\0") + struct.pack("<I", 3 if interpreter else 1).ljust(56, b"\0")
    if platform.os == "darwin":
        return b"\xcf\xfa\xed\xfe" + struct.pack("<I", wheels.MACH_O[platform.arch])
    return b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", wheels.PE[platform.arch])


def run(*args: str) -> Tuple[int, str, str]:
    """Run the script, and return its exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", ["wheels.py", *args]), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = wheels.main()
        except SystemExit as end:  # of argparse
            code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()


class Wheels(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def archive(self, platform: wheels.Platform, version: str = "0.9.0", content: bytes = b"", inside: str = "") -> Path:
        content, inside = content or program(platform), inside or platform.program
        stem = Path(tempfile.mkdtemp(dir=self.dir)) / f"rtkmock_{version}_{platform.os}_{platform.arch}"
        if platform.os == "windows":
            path = Path(f"{stem}.zip")
            with zipfile.ZipFile(path, "w") as z:
                z.writestr(inside, content)
        else:
            path = Path(f"{stem}.tar.gz")
            with tarfile.open(path, "w:gz") as t:
                entry = tarfile.TarInfo(inside)
                entry.size = len(content)
                t.addfile(entry, io.BytesIO(content))
        return path

    def build(self, *args: Any) -> Tuple[int, str, str]:
        return run("build", "--out", str(self.dir / "dist"), *map(str, args))

    def test_each_archive_becomes_a_wheel_that_is_in_order(self) -> None:
        code, out, err = self.build(*map(self.archive, wheels.PLATFORMS))
        self.assertEqual((code, err), (0, ""))
        paths = out.split()
        self.assertEqual([Path(path).name for path in paths], [
            "rtkmock-0.9.0-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl",
            "rtkmock-0.9.0-py3-none-manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
            "rtkmock-0.9.0-py3-none-manylinux2014_i686.musllinux_1_1_i686.whl",
            "rtkmock-0.9.0-py3-none-macosx_12_0_x86_64.whl",
            "rtkmock-0.9.0-py3-none-macosx_12_0_arm64.whl",
            "rtkmock-0.9.0-py3-none-win_amd64.whl",
            "rtkmock-0.9.0-py3-none-win_arm64.whl",
            "rtkmock-0.9.0-py3-none-win32.whl",
        ])
        self.assertEqual(sorted(str(p) for p in (self.dir / "dist").iterdir()), sorted(paths), "and nothing else is left")
        self.assertEqual(run("check", *paths)[0], 0)
        code, out, _ = run("publish", *paths)
        self.assertEqual((code, out.count("would upload")), (0, 8))
        self.assertIn("nothing was uploaded", out)

    def test_the_same_archive_makes_the_same_bytes(self) -> None:
        made = []
        for _ in range(2):
            self.build(self.archive(wheels.PLATFORMS[0]))
            [path] = (self.dir / "dist").iterdir()
            made.append(path.read_bytes())
        self.assertEqual(*made)

    def test_versions_are_spelt_as_pypi_has_them(self) -> None:
        for version, want in {
            "0.9.0": "0.9.0",
            "v1.2.3": "1.2.3",
            "1.0.0-rc.1": "1.0.0rc1",
            "1.0.0-beta.2": "1.0.0b2",
            "1.0.0rc1": "1.0.0rc1",
            "0.9.1-SNAPSHOT-1a2b3c4": "0.9.1.dev0",
            "0.9.1-next": "0.9.1.dev0",
            "0.9.1.dev0": "0.9.1.dev0",
        }.items():
            self.assertEqual(wheels.pep440(version), want)

    def test_mistakes_are_named_and_leave_nothing(self) -> None:
        linux, arm, old, windows = (wheels.PLATFORMS[i] for i in (0, 1, 2, 5))
        broken = self.dir / "rtkmock_0.9.0_linux_amd64.zip"
        broken.write_bytes(b"no archive")
        for args, want in [
            ([], "--version: found none, want one such as 0.9.0"),
            (["--version", "nine"], "version: found 'nine', want one such as 0.9.0"),
            (["--version", "0.9.0", "--platform", "linux/mips"], "--platform: found 'linux/mips', want all or one of linux/amd64, "),
            ([self.archive(linux), "--platform", "linux/amd64"], "--platform: it is for what Go compiles"),
            ([self.dir / "rtkmock.tar.gz"], "found 'rtkmock.tar.gz', want rtkmock_VERSION_OS_ARCH.tar.gz"),
            ([self.dir / "rtkmock_0.9.0_plan9_amd64.tar.gz"], "found 'rtkmock_0.9.0_plan9_amd64.tar.gz', want "),
            ([self.dir / "rtkmock_0.9.1_linux_amd64.tar.gz"], f"{self.dir}/rtkmock_0.9.1_linux_amd64.tar.gz: "),
            ([broken], f"{broken}: "),
            ([other := self.archive(windows, inside="rtkmock")], f"{other}: found no rtkmock.exe in it"),
            ([self.archive(linux, content=program(arm))], "found a program that is not a static one for linux/amd64"),
            ([self.archive(linux, content=program(linux, interpreter=True))], "found a program that is not a static one for linux/amd64"),
            ([self.archive(old, content=program(old, interpreter=True))], "found a program that is not a static one for linux/386"),
            ([self.archive(windows, content=program(linux))], "found a program that is not for windows/amd64"),
            ([self.archive(arm), self.archive(linux, content=b"#!/bin/sh\n")], "found a program that is not a static one for linux/amd64"),
        ]:
            with self.subTest(want):
                code, out, err = self.build(*args)
                self.assertEqual((code, out), (2, ""))
                self.assertEqual(err[: len("wheels.py: " + want)], "wheels.py: " + want)
                self.assertEqual(err.count("\n"), 1)
                self.assertEqual(list((self.dir / "dist").glob("*")), [])

    def test_a_wheel_that_is_wrong_is_refused(self) -> None:
        self.build(self.archive(wheels.PLATFORMS[0]))
        [good] = (self.dir / "dist").iterdir()
        info, binary = "rtkmock-0.9.0.dist-info", "rtkmock-0.9.0.data/scripts/rtkmock"
        Files = Dict[str, Tuple[int, bytes]]

        def add(name: str) -> Callable[[Files], Any]:
            return lambda files: files.update({name: (0o644, b"x")})

        def edit(name: str, old: bytes, new: bytes) -> Callable[[Files], Any]:
            return lambda files: files.update({name: (files[name][0], files[name][1].replace(old, new))})

        changes: Dict[str, Tuple[Callable[[Files], Any], str]] = {
            "a file is missing": (lambda files: files.pop("rtkmock/py.typed"), "found no rtkmock/py.typed"),
            "a file is not listed": (add("rtkmock/more.py"), "RECORD: rtkmock/more.py: found None, want "),
            "a file has changed": (edit("rtkmock/types.py", b"int", b"str"), "RECORD: rtkmock/types.py: found "),
            "the program cannot be run": (lambda files: files.update({binary: (0o644, files[binary][1])}), f"{binary}: found the mode 644, want 755"),
            "it says another version": (edit(f"{info}/METADATA", b"Version: 0.9.0", b"Version: 0.9.1"), "RECORD: rtkmock-0.9.0.dist-info/METADATA: "),
        }
        for what, (change, want) in changes.items():
            with self.subTest(what):
                with zipfile.ZipFile(good) as z:
                    files = {e.filename: (e.external_attr >> 16 & 0o777, z.read(e)) for e in z.infolist()}
                change(files)
                path = self.dir / "bad" / good.name
                path.parent.mkdir(exist_ok=True)
                with zipfile.ZipFile(path, "w") as z:
                    for name, (mode, data) in files.items():
                        entry = zipfile.ZipInfo(name)
                        entry.external_attr = (0o100000 | mode) << 16
                        z.writestr(entry, data)
                for verb in ("check", "publish"):
                    code, out, err = run(verb, str(path))
                    self.assertEqual((code, out), (2, ""))
                    self.assertIn(f"wheels.py: {good.name}: {want}", err)

    def test_a_wheel_under_the_name_of_another_platform_is_refused(self) -> None:
        self.build(self.archive(wheels.PLATFORMS[0]))
        [good] = (self.dir / "dist").iterdir()
        for platform in wheels.PLATFORMS[1:]:
            renamed = self.dir / wheels.wheel_name("0.9.0", platform)
            renamed.write_bytes(good.read_bytes())
            self.assertEqual(run("check", str(renamed))[0], 2)
        odd = self.dir / "rtkmock-0.9.0-py3-none-any.whl"
        odd.write_bytes(good.read_bytes())
        self.assertIn("found a name that is none of rtkmock-VERSION-py3-none-", run("check", str(odd))[2])
        self.assertIn("No such file", run("check", str(self.dir / "none.whl"))[2])


if __name__ == "__main__":
    unittest.main()
