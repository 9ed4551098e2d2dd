#!/usr/bin/env python3
"""Builds the wheels of rtkmock, checks them, and says what would be published.

Needs Python alone, and Go where it has to compile. The same input makes the same bytes.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import os
import platform
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

ROOT = Path(__file__).resolve().parent
REPOSITORY = ROOT.parents[2]
UPLOAD_URL = "https://upload.pypi.org/legacy/"


class Platform(NamedTuple):
    """A platform in Go's words, and the tags of its wheel."""

    os: str
    arch: str
    tags: str  # joined by dots, as in the file's name

    @property
    def program(self) -> str:
        return "rtkmock.exe" if self.os == "windows" else "rtkmock"


# The Linux program is static: it needs neither glibc nor musl. Go 1.26 runs on macOS 12 and later.
PLATFORMS = [
    Platform("linux", "amd64", "manylinux2014_x86_64.musllinux_1_1_x86_64"),
    Platform("linux", "arm64", "manylinux2014_aarch64.musllinux_1_1_aarch64"),
    Platform("linux", "386", "manylinux2014_i686.musllinux_1_1_i686"),
    Platform("darwin", "amd64", "macosx_12_0_x86_64"),
    Platform("darwin", "arm64", "macosx_12_0_arm64"),
    Platform("windows", "amd64", "win_amd64"),
    Platform("windows", "arm64", "win_arm64"),
    Platform("windows", "386", "win32"),
]

METADATA = """\
Metadata-Version: 2.4
Name: rtkmock
Version: {version}
Summary: A stand-in for Cloudflare RealtimeKit, for tests of its webhooks, with a pytest plugin
License-Expression: Apache-2.0
License-File: LICENSE
Requires-Python: >=3.9
Classifier: Framework :: Pytest
Classifier: Intended Audience :: Developers
Classifier: Programming Language :: Python :: 3
Classifier: Topic :: Software Development :: Testing
Classifier: Typing :: Typed
Project-URL: Source, https://github.com/rtkmock/rtkmock
Description-Content-Type: text/markdown

{description}"""

WHEEL = """\
Wheel-Version: 1.0
Generator: rtkmock wheels.py
Root-Is-Purelib: false
{tags}"""

ENTRY_POINTS = """\
[pytest11]
rtkmock = rtkmock.pytest_plugin
"""


class Mistake(Exception):
    """Something is wrong with what this script was given; the message is for people."""


def main() -> int:
    args = parse_arguments()
    try:
        if args.verb == "build":
            run_build(args.archives, args.version, args.platform, args.out)
        else:
            run_check(args.wheels, publish=args.verb == "publish")
    except (Mistake, OSError) as err:
        print(f"wheels.py: {err}", file=sys.stderr)
        return 2
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], epilog="Example: wheels.py build --version 0.9.0")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    build = verbs.add_parser("build", help="build wheels", description="Build wheels, of release archives, or of this clone by Go.")
    option = build.add_argument
    option("archives", nargs="*", type=Path, metavar="ARCHIVE", help="rtkmock_VERSION_OS_ARCH.tar.gz or .zip; without any, Go compiles this clone")
    option("--version", help="version of the wheels; without it, the one in the names of the archives")
    option("--platform", action="append", metavar="OS/ARCH", help="what to compile for, such as linux/amd64, or all; repeatable; without it, this machine")
    option("--out", type=Path, default=Path("dist"), metavar="DIR", help="the folder for the wheels (default: %(default)s)")
    for verb, text in VERBS.items():
        verb_parser = verbs.add_parser(verb, help=text, description=text[0].upper() + text[1:] + ".")
        verb_parser.add_argument("wheels", nargs="+", type=Path, metavar="WHEEL")
    return parser.parse_args()


VERBS = {
    "check": "check the tags, the hashes and the program of wheels",
    "publish": "check wheels, and say what would be uploaded; nothing is",
}


def run_build(archives: List[Path], version: Optional[str], names: Optional[List[str]], out: Path) -> None:
    if archives and names:
        raise Mistake("--platform: it is for what Go compiles; archives have a platform in their names")
    if not archives and not version:
        raise Mistake("--version: found none, want one such as 0.9.0, or release archives, which name theirs")
    if version:
        pep440(version)  # before anything takes time
    targets = [] if archives else chosen(names)
    made: List[Tuple[Path, bytes]] = []
    for named, target, program in [*map(read_archive, archives), *((version or "", p, compile_program(p)) for p in targets)]:
        release = pep440(version or named)
        made.append((out / wheel_name(release, target), make_wheel(release, target, program)))
    out.mkdir(parents=True, exist_ok=True)
    for path, wheel in made:  # all of them are good
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            partial.write_bytes(wheel)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        print(path)


def chosen(names: Optional[List[str]]) -> List[Platform]:
    known = {f"{p.os}/{p.arch}": p for p in PLATFORMS}
    machine = platform.machine().lower()
    names = names or [f"{platform.system().lower()}/{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"]
    for name in names:
        if name not in known and name != "all":
            raise Mistake(f"--platform: found {name!r}, want all or one of {', '.join(known)}")
    return PLATFORMS if "all" in names else [known[name] for name in names]


def read_archive(path: Path) -> Tuple[str, Platform, bytes]:
    """Return the version, the platform and the program of a release archive."""
    named = re.fullmatch(r"rtkmock_(?P<version>.+)_(?P<os>[a-z]+)_(?P<arch>[a-z0-9]+)\.(?:tar\.gz|zip)", path.name)
    target = next((p for p in PLATFORMS if named and (p.os, p.arch) == (named["os"], named["arch"])), None)
    if not named or not target:
        known = ", ".join(f"{p.os}_{p.arch}" for p in PLATFORMS)
        raise Mistake(f"found {path.name!r}, want rtkmock_VERSION_OS_ARCH.tar.gz or .zip of one of {known}")
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as z:
                return named["version"], target, z.read(target.program)
        with tarfile.open(path) as t:
            file = t.extractfile(target.program)
            if file is None:
                raise KeyError(target.program)
            return named["version"], target, file.read()
    except KeyError:
        raise Mistake(f"{path}: found no {target.program} in it") from None
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as err:
        raise Mistake(f"{path}: {err}") from None


def pep440(version: str) -> str:
    """Return a version of a release as PyPI spells it: 1.0.0-rc.1 is 1.0.0rc1."""
    parts = re.fullmatch(r"v?(\d+\.\d+\.\d+)(?:-?(a|b|rc|alpha|beta)\.?(\d+)|(?:-SNAPSHOT.*|-next.*|\.dev0))?", version)
    if not parts:
        raise Mistake(f"version: found {version!r}, want one such as 0.9.0 or 0.9.0-rc.1")
    base, kind, number = parts.groups()
    if kind:
        return f"{base}{ {'alpha': 'a', 'beta': 'b'}.get(kind, kind) }{number}"
    return base if parts[0] in (base, "v" + base) else base + ".dev0"


def compile_program(target: Platform) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, target.program)
        env = {**os.environ, "CGO_ENABLED": "0", "GOOS": target.os, "GOARCH": target.arch}
        try:
            command = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(path), "./cmd/rtkmock"]
            subprocess.run(command, cwd=REPOSITORY, env=env, check=True)
        except FileNotFoundError:
            raise Mistake("go is not installed; give release archives instead") from None
        except subprocess.CalledProcessError:
            raise Mistake(f"{target.os}/{target.arch}: go build failed") from None
        return path.read_bytes()


def wheel_name(version: str, target: Platform) -> str:
    return f"rtkmock-{version}-py3-none-{target.tags}.whl"


def make_wheel(version: str, target: Platform, program: bytes) -> bytes:
    check_program(target, program)
    info, package = f"rtkmock-{version}.dist-info", ROOT / "rtkmock"
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in target.tags.split("."))
    files: Dict[str, bytes] = {f"rtkmock/{path.name}": path.read_bytes() for path in package.iterdir() if path.suffix in (".py", ".typed")}
    files[f"rtkmock-{version}.data/scripts/{target.program}"] = program
    files[f"{info}/METADATA"] = METADATA.format(version=version, description=(ROOT / "README.md").read_text(encoding="utf-8")).encode()
    files[f"{info}/WHEEL"] = WHEEL.format(tags=tags).encode()
    files[f"{info}/entry_points.txt"] = ENTRY_POINTS.encode()
    files[f"{info}/licenses/LICENSE"] = (REPOSITORY / "LICENSE").read_bytes()
    # The archive ends with what is about it, as the format recommends.
    names = sorted(files, key=lambda name: (".dist-info/" in name, name))
    record = [f"{name},{digest(files[name])},{len(files[name])}\n" for name in names] + [f"{info}/RECORD,,\n"]
    files[f"{info}/RECORD"] = "".join(record).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name in [*names, f"{info}/RECORD"]:
            entry = zipfile.ZipInfo(name)  # its time is always the same
            entry.create_system = 3  # the mode is that of Unix, wherever this runs
            entry.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(entry, files[name], compresslevel=9)
    return out.getvalue()


def digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def run_check(paths: List[Path], publish: bool) -> None:
    found = []
    for path in paths:
        try:
            data = path.read_bytes()
            found.append(f"{path.name}: rtkmock {check_wheel(path.name, data)}, {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
        except (Mistake, OSError, zipfile.BadZipFile) as err:
            raise Mistake(f"{path.name}: {getattr(err, 'strerror', None) or err}") from None
    for line in found:
        print(f"would upload {line}" if publish else f"in order: {line}")
    if publish:
        print(f"nothing was uploaded to {UPLOAD_URL}: the name rtkmock on PyPI is not reserved yet")


def check_wheel(file_name: str, wheel: bytes) -> str:
    """Return the version of a wheel in which all is as it should be."""
    named = re.fullmatch(r"rtkmock-(?P<version>[^-]+)-py3-none-(?P<tags>[^-]+)\.whl", file_name)
    target = next((p for p in PLATFORMS if named and p.tags == named["tags"]), None)
    if not named or not target:
        raise Mistake(f"found a name that is none of {', '.join(wheel_name('VERSION', p) for p in PLATFORMS)}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as z:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in z.infolist()}
        files = {name: z.read(name) for name in modes}
    version = named["version"]
    info, program = f"rtkmock-{version}.dist-info", f"rtkmock-{version}.data/scripts/{target.program}"
    for name in ["rtkmock/__init__.py", "rtkmock/py.typed", "rtkmock/pytest_plugin.py", program, *(f"{info}/{name}" for name in INFO)]:
        if name not in files:
            raise Mistake(f"found no {name}")
    for name, mode in modes.items():
        want = 0o755 if name == program else 0o644
        if mode != want:
            raise Mistake(f"{name}: found the mode {mode:o}, want {want:o}")
    check_record(files, f"{info}/RECORD")
    metadata, about = (HeaderParser().parsestr(files[f"{info}/{name}"].decode()) for name in ("METADATA", "WHEEL"))
    if (metadata["Name"], metadata["Version"]) != ("rtkmock", pep440(version)):
        raise Mistake(f"METADATA: found {metadata['Name']} {metadata['Version']}, want rtkmock {pep440(version)}")
    if metadata.get_all("Requires-Dist"):
        raise Mistake(f"METADATA: found the dependencies {metadata.get_all('Requires-Dist')}, want none")
    tags = [f"py3-none-{tag}" for tag in target.tags.split(".")]
    if about.get_all("Tag") != tags:
        raise Mistake(f"WHEEL: found the tags {about.get_all('Tag')}, want {tags}")
    check_program(target, files[program])
    return version


INFO = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")


def check_record(files: Dict[str, bytes], record: str) -> None:
    """A file that RECORD does not know, or knows with other bytes, makes installers refuse the wheel or leave it behind."""
    listed = {line.rsplit(",", 2)[0]: line for line in files[record].decode().splitlines()}
    want = {name: f"{name},{digest(data)},{len(data)}" for name, data in files.items()}
    want[record] = f"{record},,"
    for name in sorted({*listed, *want}):
        if listed.get(name) != want.get(name):
            raise Mistake(f"RECORD: {name}: found {listed.get(name)!r}, want {want.get(name)!r}")


# The machine in the head of a program, by the architecture.
ELF = {"amd64": 62, "arm64": 183, "386": 3}
MACH_O = {"amd64": 0x01000007, "arm64": 0x0100000C}
PE = {"amd64": 0x8664, "arm64": 0xAA64, "386": 0x14C}


def check_program(target: Platform, program: bytes) -> None:
    """A program under the tags of another platform would be installed, and not run."""
    try:
        if target.os == "linux":
            magic, machine = program[:4], struct.unpack_from("<H", program, 18)[0]
            good = magic == b"\x7fELF" and machine == ELF[target.arch] and not needs_interpreter(program)
        elif target.os == "darwin":
            magic, machine = program[:4], struct.unpack_from("<I", program, 4)[0]
            good = magic == b"\xcf\xfa\xed\xfe" and machine == MACH_O[target.arch]
        else:
            at = struct.unpack_from("<I", program, 60)[0]
            machine = struct.unpack_from("<H", program, at + 4)[0]
            good = program[:2] == b"MZ" and program[at : at + 4] == b"PE\0\0" and machine == PE[target.arch]
    except struct.error:
        good = False
    if not good:
        raise Mistake(f"found a program that is not {'a static one ' if target.os == 'linux' else ''}for {target.os}/{target.arch}")


def needs_interpreter(elf: bytes) -> bool:
    """Report whether an ELF program is linked to libraries at run time (PT_INTERP)."""
    offset_at, offset_form, sizes_at = (28, "<I", 42) if elf[4] == 1 else (32, "<Q", 54)  # 32 bits, or 64
    offset = struct.unpack_from(offset_form, elf, offset_at)[0]
    size, count = struct.unpack_from("<HH", elf, sizes_at)
    return any(struct.unpack_from("<I", elf, offset + i * size)[0] == 3 for i in range(count))


if __name__ == "__main__":
    sys.exit(main())
