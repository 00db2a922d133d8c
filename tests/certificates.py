"""A certificate that 127.0.0.1 signed for itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

MAKE = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
NAMED = ("-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "certificate")


def self_signed(folder: Path) -> Path:
    """A file with a key and its certificate."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to make a certificate")
    subprocess.run([openssl, *MAKE, *NAMED], cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key").read_bytes() + (folder / "certificate").read_bytes())
    return both
