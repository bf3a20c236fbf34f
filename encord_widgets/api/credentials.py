"""Who asks: an Ed25519 SSH key or a bearer token, from a file, a text, the environment or an Encord SDK client.

The private half never leaves its object: no attribute, repr, pickle or message of this module holds it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol
from urllib.parse import urlsplit

from encord_widgets.api.errors import EU_DOMAIN, CredentialsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = [
    "BearerCredentials",
    "Credentials",
    "SshCredentials",
    "credentials_from",
    "find_credentials",
    "from_environment",
]

_LABEL: Final = "encord-sig"
_COVERED: Final = '("@method" "@request-target" "content-digest")'
_FILE_VARIABLE: Final = "ENCORD_SSH_KEY_FILE"
_TEXT_VARIABLE: Final = "ENCORD_SSH_KEY"
_MAX_KEY_BYTES: Final = 100_000
_TOKEN = re.compile(r"[\x21-\x7e]+")
_REGISTER: Final = (
    "Use the private half of the Ed25519 key that is registered in Encord (ssh-keygen -t ed25519)."
)


class Credentials(Protocol):
    """Anything that can authenticate a request; `user_agent_suffix` comes from the SDK's object, if any."""

    user_agent_suffix: str

    def headers(self, method: str, target: str, body: bytes, now: int) -> dict[str, str]:
        """Headers that authenticate one request; see `SshCredentials.headers`."""

    def legacy_headers(self, body: bytes) -> dict[str, str]:
        """Headers that authenticate one request of the older protocol; see `SshCredentials.legacy_headers`."""


class SshCredentials:
    """An Ed25519 SSH key, the way Encord's SDK uses it. Made by `from_file` or `from_text`.

    Example:
        >>> SshCredentials.from_file("~/.ssh/encord")  # doctest: +SKIP
        SshCredentials(public key 3b6a27bc...)
    """

    __slots__ = ("__key", "public_key_hex", "user_agent_suffix")

    def __init__(self, key: Ed25519PrivateKey, user_agent_suffix: str = "") -> None:
        self.__key = key
        self.user_agent_suffix = user_agent_suffix
        self.public_key_hex: str = key.public_key().public_bytes_raw().hex()

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], password: str | None = None) -> SshCredentials:
        """Read a private key file in OpenSSH format.

        Args:
            path: The file; `~` stands for the home folder.
            password: Password of an encrypted key.

        Raises:
            CredentialsError: If the file is missing, unreadable or holds no usable Ed25519 key.

        Example:
            >>> SshCredentials.from_file("~/.ssh/encord", password="...")  # doctest: +SKIP
        """
        return cls._read(Path(path), f"the file {os.fspath(path)}", password)

    @classmethod
    def from_text(cls, text: str, password: str | None = None) -> SshCredentials:
        """Use the text of a private key file in OpenSSH format.

        Args:
            text: The whole text, from `-----BEGIN` to `-----END`.
            password: Password of an encrypted key.

        Raises:
            CredentialsError: If the text holds no usable Ed25519 key.

        Example:
            >>> SshCredentials.from_text(os.environ["MY_KEY"])  # doctest: +SKIP
        """
        return cls._parse(text, "the key text", password)

    @classmethod
    def _read(cls, path: Path, place: str, password: str | None) -> SshCredentials:
        try:
            full = path.expanduser()
        except RuntimeError:
            raise CredentialsError(
                f"{_start(place)} names a home folder that is unknown; give the full path."
            ) from None
        try:
            with full.open("rb") as file:
                data = file.read(_MAX_KEY_BYTES)
        except FileNotFoundError:
            raise CredentialsError(
                f"{_start(place)} does not exist; give the path of your private SSH key."
            ) from None
        except IsADirectoryError:
            raise CredentialsError(
                f"{_start(place)} is a folder; give the path of the key file in it."
            ) from None
        except OSError as error:
            raise CredentialsError(
                f"{_start(place)} cannot be read ({error.strerror or 'unknown reason'}); check its permissions."
            ) from None
        return cls._parse(data.decode("utf-8", "replace"), place, password)

    @classmethod
    def _parse(cls, text: str, place: str, password: str | None) -> SshCredentials:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # 50 ms

        text = text.strip()
        if "\\n" in text and "\n" not in text:
            text = text.replace("\\n", "\n").strip()  # an environment file that cannot hold line breaks
        failure = _obvious_fault(text)
        if not failure:
            data = f"{text}\n".replace("\r\n", "\n").encode("utf-8", "replace")
            key, failure = _load(data, password.encode() if password else None)
            if not failure:
                if isinstance(key, Ed25519PrivateKey):
                    return cls(key)
                kind = type(key).__name__.removesuffix("PrivateKey").lstrip("_")
                failure = f"holds a key of type {kind}, not Ed25519. {_REGISTER}"
        # Raised outside the handlers: cryptography's own text may quote parts of the key.
        raise CredentialsError(f"{_start(place)} {failure}")

    def headers(self, method: str, target: str, body: bytes, now: int) -> dict[str, str]:
        """The three headers that sign one request.

        Args:
            method: HTTP method.
            target: Path and query exactly as sent.
            body: Body bytes exactly as sent, empty when there is none.
            now: Unix time in seconds.

        Returns:
            `Content-Digest`, `Signature-Input` and `Signature`.

        Example:
            >>> key.headers("GET", "/v2/public/storage/folders", b"", 1767225600)  # doctest: +SKIP
        """
        digest = f"sha-256=:{_b64(hashlib.sha256(body).digest())}:"
        params = f'{_COVERED};created={int(now)};keyid="{self.public_key_hex}";alg="ed25519"'
        base = "\n".join(
            (
                f'"@method": {method.upper()}',
                f'"@request-target": {target}',
                f'"content-digest": {digest}',
                f'"@signature-params": {params}',
            )
        )
        return {
            "Content-Digest": digest,
            "Signature-Input": f"{_LABEL}={params}",
            "Signature": f"{_LABEL}=:{_b64(self.__key.sign(base.encode()))}:",
        }

    def legacy_headers(self, body: bytes) -> dict[str, str]:
        """The one header that signs a request of the older protocol, at the address `/public`.

        Args:
            body: Body bytes exactly as sent.

        Example:
            >>> sorted(key.legacy_headers(b"{}"))  # doctest: +SKIP
            ['Authorization']
        """
        signature = self.__key.sign(hashlib.sha256(body).digest()).hex()
        return {"Authorization": f"{self.public_key_hex}:{signature}"}

    def __repr__(self) -> str:
        return f"SshCredentials(public key {self.public_key_hex[:8]}...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not pickled or copied: the key would leave this process")


class BearerCredentials:
    """A bearer token.

    Args:
        token: The token, without the word Bearer.
        user_agent_suffix: Added to the user agent of requests.

    Raises:
        CredentialsError: If the token is empty or could not stand in a header.

    Example:
        >>> BearerCredentials("abc")
        BearerCredentials(...)
    """

    __slots__ = ("__token", "user_agent_suffix")

    def __init__(self, token: str, user_agent_suffix: str = "") -> None:
        self.user_agent_suffix = user_agent_suffix
        text = token.strip() if isinstance(token, str) else ""
        if _TOKEN.fullmatch(text) is None:
            raise CredentialsError(
                "The bearer token is empty or has blanks or line breaks inside; copy it again without the word Bearer."
            )
        self.__token = text

    def headers(self, method: str, target: str, body: bytes, now: int) -> dict[str, str]:  # noqa: ARG002
        """The one header that carries the token; arguments as for `SshCredentials.headers`.

        Args:
            method: Not used.
            target: Not used.
            body: Not used.
            now: Not used.

        Example:
            >>> sorted(BearerCredentials("abc").headers("GET", "/", b"", 0))
            ['Authorization']
        """
        return {"Authorization": f"Bearer {self.__token}"}

    def legacy_headers(self, body: bytes) -> dict[str, str]:
        """The same header; see `SshCredentials.legacy_headers`.

        Args:
            body: Not used.

        Example:
            >>> sorted(BearerCredentials("abc").legacy_headers(b"{}"))
            ['Authorization']
        """
        return self.headers("POST", "", body, 0)

    def __repr__(self) -> str:
        return "BearerCredentials(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not pickled or copied: the token would leave this process")


def from_environment(password: str | None = None) -> SshCredentials:
    """The key that `ENCORD_SSH_KEY_FILE` (a path) or else `ENCORD_SSH_KEY` (the text) gives.

    Args:
        password: Password of an encrypted key.

    Raises:
        CredentialsError: If neither is set, or what it gives is no usable Ed25519 key.

    Example:
        >>> from_environment()  # doctest: +SKIP
    """
    path = os.environ.get(_FILE_VARIABLE)
    if path:
        return SshCredentials._read(Path(path), f"the file {path} ({_FILE_VARIABLE})", password)  # noqa: SLF001
    text = os.environ.get(_TEXT_VARIABLE)
    if text:
        return SshCredentials._parse(text, f"the environment variable {_TEXT_VARIABLE}", password)  # noqa: SLF001
    raise CredentialsError(
        f"No key was given; pass ssh_private_key_path or ssh_private_key, or set {_FILE_VARIABLE} or {_TEXT_VARIABLE}."
    )


def find_credentials(
    *,
    ssh_private_key_path: str | os.PathLike[str] | None = None,
    ssh_private_key: str | None = None,
    password: str | None = None,
    bearer_token: str | None = None,
) -> Credentials:
    """Credentials by the SDK's precedence: path, text, `ENCORD_SSH_KEY_FILE`, `ENCORD_SSH_KEY`.

    Args:
        ssh_private_key_path: Private key file.
        ssh_private_key: Text of a private key file.
        password: Password of an encrypted key.
        bearer_token: A token instead of a key; not together with one.

    Raises:
        CredentialsError: If none is given, both a key and a token are, or what is given is unusable.

    Example:
        >>> find_credentials(bearer_token="abc")
        BearerCredentials(...)
    """
    if bearer_token is not None:
        if ssh_private_key_path or ssh_private_key:
            raise CredentialsError("Both an SSH key and a bearer token were given; give one of them.")
        return BearerCredentials(bearer_token)
    if ssh_private_key_path:
        return SshCredentials.from_file(ssh_private_key_path, password)
    if ssh_private_key:
        given: object = ssh_private_key
        if not isinstance(given, str):
            kind = type(given).__name__  # what it holds may be the key
            raise CredentialsError(
                f"The key text is {kind}, not text; decode it, or pass ssh_private_key_path."
            )
        return SshCredentials.from_text(ssh_private_key, password)
    return from_environment(password)


def credentials_from(sdk_object: object) -> tuple[Credentials, str]:
    """Take over the connection of an `encord.EncordUserClient`, or of an SDK object that came from one.

    A `StorageFolder`, `StorageItem`, `Dataset`, `Project` or `Collection` will do too. The SDK is not imported.

    Args:
        sdk_object: The SDK's object.

    Returns:
        Its credentials, and its server.

    Raises:
        CredentialsError: If no key or token can be found in it.

    Example:
        >>> credentials, domain = credentials_from(user_client)  # doctest: +SKIP
    """
    config = _find_config(sdk_object)
    if config is None:
        raise CredentialsError(
            f"No Encord connection was found in this {type(sdk_object).__name__}; pass an encord.EncordUserClient, "
            "or ssh_private_key_path."
        )
    suffix = getattr(config, "user_agent_suffix", None)
    suffix = suffix if isinstance(suffix, str) else ""
    domain = getattr(config, "domain", None)
    domain = _origin(domain) if isinstance(domain, str) and domain else EU_DOMAIN
    if _is_ed25519(getattr(config, "private_key", None)):
        return SshCredentials(config.private_key, suffix), domain
    return BearerCredentials(config.token, suffix), domain


# Where SDK objects keep the object that knows the configuration (releases 0.1.100 to 0.1.211).
_PATHS: Final = ("user_config", "_config", "config", "_api_client", "api_client", "_client", "_querier")
_DEPTH: Final = 5


def _find_config(start: object) -> Any:
    """Breadth first along `_PATHS`; plain attribute reads of the instance, so no property that calls a server."""
    level, seen = [start], {id(start)}
    for _ in range(_DEPTH):
        for candidate in level:
            if _is_ed25519(_attribute(candidate, "private_key")) or isinstance(
                _attribute(candidate, "token"), str
            ):
                return candidate
        following = []
        for candidate in level:
            for name in _PATHS:
                value = _attribute(candidate, name)
                if value is not None and id(value) not in seen:
                    seen.add(id(value))
                    following.append(value)
        level = following
    return None


def _attribute(owner: object, name: str) -> Any:
    return getattr(owner, "__dict__", {}).get(name)


def _is_ed25519(key: object) -> bool:
    return (
        key is not None and callable(getattr(key, "sign", None)) and type(key).__name__ == "Ed25519PrivateKey"
    )


def _origin(domain: str) -> str:
    parts = urlsplit(domain)
    # The SDK loses a path prefix in its v2 calls too.
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else domain


def _obvious_fault(text: str) -> str:
    if not text:
        return f"is empty. {_REGISTER}"
    if text.startswith(("ssh-", "ecdsa-", "sk-")):
        return "holds the public half of a key; give the private half (usually the same name without .pub)."
    if "PRIVATE KEY-----" not in text:
        return f"holds no private key. {_REGISTER}"
    if not text.startswith("-----BEGIN OPENSSH PRIVATE KEY-----"):
        return f"holds a key that is not in OpenSSH format. {_REGISTER}"
    if not text.endswith("-----END OPENSSH PRIVATE KEY-----"):
        return "holds a key that is cut off; copy the whole text, from -----BEGIN to -----END."
    return ""


def _load(data: bytes, password: bytes | None) -> tuple[object, str]:
    """The key, or what is wrong with it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        return load_ssh_private_key(data, password), ""
    except UnsupportedAlgorithm as error:
        if "bcrypt" in str(error):
            return None, "is encrypted, which needs one more package: pip install bcrypt."
        return None, f"holds a kind of key or encryption that is not supported. {_REGISTER}"
    except TypeError:  # a password is missing, or there is one for a key that needs none
        if password is None:
            return None, "is encrypted; give its password (argument password)."
    except ValueError:
        if password is not None:
            return None, "cannot be decrypted with this password; check the password."
        return None, f"holds a damaged key; copy it again. {_REGISTER}"
    return _load(data, None)


def _start(place: str) -> str:
    return f"{place[0].upper()}{place[1:]}"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
