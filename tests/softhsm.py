"""A real PKCS #11 token in a folder of a test."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("softhsm2-util")
LIBRARIES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
)
PIN = "4321"


@dataclass(frozen=True)
class Token:
    """A token that was made for one test.

    Attributes:
        folder: where its files are.
        library: of SoftHSM.
    """

    folder: Path
    library: Path

    @classmethod
    def make(cls, folder: Path) -> Token:
        library = next(path for path in LIBRARIES if path.exists())
        token = cls(folder, library)
        (folder / "tokens").mkdir(parents=True)
        token.configuration.write_text(
            f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n"
        )
        token.pin.write_text(f"{PIN}\n")
        token.pin.chmod(0o600)
        command = [
            PROGRAM or "softhsm2-util", "--init-token", "--free", "--label", "wilk test",
            "--so-pin", "12345678", "--pin", PIN,
        ]  # fmt: skip
        subprocess.run(command, env=token.environment, check=True, capture_output=True)
        return token

    @property
    def configuration(self) -> Path:
        return self.folder / "softhsm2.conf"

    @property
    def pin(self) -> Path:
        return self.folder / "pin"

    @property
    def environment(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.configuration), "PATH": "/usr/bin:/bin"}

    def uri(self, label: str = "audit") -> str:
        pin = str(self.pin).replace("%", "%25").replace(" ", "%20")
        where = f"module-path={self.library}&pin-source=file:{pin}"
        return f"pkcs11:token=wilk%20test;object={label}?{where}"
