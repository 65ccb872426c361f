"""Builds a wheel of the package xlgc for pip, by configure and make, in build/python of the sources.

The wheel has all it needs: the libraries stand beside the module, which finds them there. Each language is in it whose
development package is found, as for any other installation.
"""
import base64
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build", "python")


def stated(pattern):
    """What configure.ac states, such as the version."""
    with open(os.path.join(TOP, "configure.ac"), encoding="utf-8") as file:
        return re.search(pattern, file.read(), re.MULTILINE).group(1)


VERSION = stated(r"^AC_INIT\(\[xlgc\], \[(.*)\]\)")
PYTHON_VERSION = stated(r"^PYTHON_VERSION=(.*)")
INFO = f"xlgc-{VERSION}.dist-info"

if "%d.%d" % sys.version_info[:2] != PYTHON_VERSION:
    raise SystemExit(f"xlgc is for Python {PYTHON_VERSION}, and this is {sys.version.split()[0]}")


def run(*command, folder=BUILD):
    """A step of the build; pip shows what it prints when it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "DESTDIR")}
    subprocess.run(command, cwd=folder, env=environment, check=True)


def installed(root):
    """Builds all, and installs it below a folder."""
    if not os.path.exists(os.path.join(TOP, "configure")):
        run("sh", "bootstrap", folder=TOP)
    os.makedirs(BUILD, exist_ok=True)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    run(os.path.join(TOP, "configure"), "--prefix=/usr/local", "--disable-static", "--with-python=yes",
        "--with-python-modules=/python", f"PYTHON_EXT_SUFFIX={suffix}")
    beside = "PYTHON_MODULE_LDFLAGS=-Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN'"
    no_demos = "noinst_PROGRAMS="
    run("make", f"-j{os.cpu_count() or 1}", beside, no_demos)
    run("make", "install-strip", beside, no_demos, f"DESTDIR={root}")


def hashed(data):
    """As RECORD has it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def metadata():
    import tomllib  # from Python 3.11 on

    with open(os.path.join(TOP, "pyproject.toml"), "rb") as file:
        project = tomllib.load(file)["project"]
    with open(os.path.join(TOP, project["readme"]["file"]), encoding="utf-8") as file:
        description = file.read()
    return f"""Metadata-Version: 2.1
Name: {project["name"]}
Version: {VERSION}
Summary: {project["description"]}
License: {project["license"]["text"]}
Requires-Python: =={PYTHON_VERSION}.*
Description-Content-Type: {project["readme"]["content-type"]}

{description}"""


def tag():
    name = "cp" + PYTHON_VERSION.replace(".", "")
    return f"{name}-{name}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = os.path.join(metadata_directory, INFO)
    os.mkdir(folder)
    with open(os.path.join(folder, "METADATA"), "w", encoding="utf-8") as file:
        file.write(metadata())
    return INFO


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = f"xlgc-{VERSION}-{tag()}.whl"
    records = []
    root = tempfile.mkdtemp()
    try:
        installed(root)
        with zipfile.ZipFile(os.path.join(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:

            def add(inside, data, mode=0o644):
                entry = zipfile.ZipInfo(inside)
                entry.external_attr = (0o100000 | mode) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                wheel.writestr(entry, data)
                records.append(f"{inside},{hashed(data)},{len(data)}")

            # The module, and the libraries by the names that are asked for, libxlgc.so.0.
            files = glob.glob(root + "/python/xlgc/*")
            files += [file for file in glob.glob(root + "/usr/local/lib*/libxlgc*.so.*") if re.search(r"\.so\.\d+$", file)]
            for file in sorted(files, key=os.path.basename):
                with open(file, "rb") as content:
                    add("xlgc/" + os.path.basename(file), content.read(), 0o755 if ".so" in file else 0o644)
            add(f"{INFO}/METADATA", metadata().encode())
            add(f"{INFO}/WHEEL", f"Wheel-Version: 1.0\nGenerator: xlgc\nRoot-Is-Purelib: false\nTag: {tag()}\n".encode())
            records.append(f"{INFO}/RECORD,,")
            wheel.writestr(f"{INFO}/RECORD", "\n".join(records) + "\n")
    finally:
        shutil.rmtree(root)
    return name
