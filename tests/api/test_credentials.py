"""Keys and tokens: where they come from, what goes wrong, and that nothing shows them."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from encord_widgets.api.credentials import (
    BearerCredentials,
    SshCredentials,
    credentials_from,
    find_credentials,
    from_environment,
)
from encord_widgets.api.errors import CredentialsError

from .sdk import EncordClient, StorageFolder, StorageItem, encord


def openssh(key: Any, password: str = "") -> str:
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption).decode()


def public_hex(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


@pytest.fixture
def key_file(tmp_path: Path, key_text: str) -> Path:
    path = tmp_path / "key"
    path.write_text(key_text)
    return path


def test_from_file_and_text(key_file: Path, key_text: str, private_key: Ed25519PrivateKey) -> None:
    for credentials in (
        SshCredentials.from_file(key_file),
        SshCredentials.from_file(str(key_file)),
        SshCredentials.from_text(key_text),
        SshCredentials.from_text(f"\n  {key_text}\n\n"),
        SshCredentials.from_text(key_text.replace("\n", "\r\n")),
        SshCredentials.from_text(key_text.replace("\n", "\\n")),
        SshCredentials.from_text(key_text, password="not needed"),
    ):
        assert credentials.public_key_hex == public_hex(private_key)


def test_home_folder(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(key_file.parent))
    assert (
        SshCredentials.from_file("~/key").public_key_hex == SshCredentials.from_file(key_file).public_key_hex
    )


def test_password() -> None:
    key = Ed25519PrivateKey.generate()
    text = openssh(key, "open sesame")
    assert SshCredentials.from_text(text, "open sesame").public_key_hex == public_hex(key)
    for password, words in [(None, r"is encrypted; give its password"), ("", "give its password"),
                            ("wrong-one", "cannot be decrypted with this password")]:  # fmt: skip
        with pytest.raises(CredentialsError, match=words) as caught:
            SshCredentials.from_text(text, password)
        assert "wrong-one" not in str(caught.value)


def test_the_package_for_passwords_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import ssh

    text = openssh(Ed25519PrivateKey.generate(), "pw")

    def missing(*_: object) -> bytes:
        raise UnsupportedAlgorithm("Need bcrypt module")

    monkeypatch.setattr(ssh, "_bcrypt_kdf", missing)
    with pytest.raises(CredentialsError, match="pip install bcrypt"):
        SshCredentials.from_text(text, "pw")


RSA = openssh(rsa.generate_private_key(65537, 2048))
ECDSA = openssh(ec.generate_private_key(ec.SECP256R1()))
OTHER = Ed25519PrivateKey.generate()
PKCS8 = OTHER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = OTHER.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
PLAIN = openssh(OTHER)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("hello", "holds no private key"),
        ("\x00\x01", "holds no private key"),
        pytest.param(PUBLIC, "public half", id="public half"),  # the keys differ from run to run
        (PKCS8, "not in OpenSSH format"),
        (PLAIN[:200], "cut off"),
        (PLAIN.replace("b3BlbnNzaC1r", "AAAA", 1), "damaged key"),
        (RSA, "type RSA, not Ed25519"),
        (ECDSA, "not Ed25519"),
    ],
)
def test_what_is_no_key(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    for place, make in [
        ("The key text", lambda: SshCredentials.from_text(text)),
        (f"The file {path}", lambda: SshCredentials.from_file(path)),
    ]:
        with pytest.raises(CredentialsError, match=words) as caught:
            make()
        message = str(caught.value)
        assert message.startswith(place)
        assert message.count("\n") == 0
        assert not [line for line in text.splitlines()[1:-1] if line.strip() and line in message]
        assert caught.value.__context__ is None


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsError, match=r"none does not exist; give the path"):
        SshCredentials.from_file(tmp_path / "none")
    with pytest.raises(CredentialsError, match="is a folder"):
        SshCredentials.from_file(tmp_path)
    with pytest.raises(CredentialsError, match=r"~nobody-here/key names a home folder that is unknown"):
        SshCredentials.from_file("~nobody-here/key")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        CredentialsError, match=r"cannot be read \(Permission denied\); check its permissions"
    ):
        SshCredentials.from_file(tmp_path / "key")


def test_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [Ed25519PrivateKey.generate() for _ in range(4)]
    files = [tmp_path / str(number) for number in range(4)]
    for path, key in zip(files, keys, strict=True):
        path.write_text(openssh(key))

    def found(**given: Any) -> int:
        credentials = find_credentials(**given)
        assert isinstance(credentials, SshCredentials)
        return [public_hex(key) for key in keys].index(credentials.public_key_hex)

    monkeypatch.setenv("ENCORD_SSH_KEY", files[3].read_text())
    assert found() == 3
    monkeypatch.setenv("ENCORD_SSH_KEY_FILE", str(files[2]))
    assert found() == 2
    assert found(ssh_private_key=files[1].read_text()) == 1
    assert found(ssh_private_key=files[1].read_text(), ssh_private_key_path=files[0]) == 0
    assert repr(find_credentials(bearer_token="t")) == "BearerCredentials(...)"
    with pytest.raises(CredentialsError, match="give one of them"):
        find_credentials(bearer_token="t", ssh_private_key_path=files[0])


def test_environment_faults_name_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsError, match="No key was given; pass ssh_private_key_path"):
        from_environment()
    monkeypatch.setenv("ENCORD_SSH_KEY", "nonsense")
    with pytest.raises(
        CredentialsError, match=r"^The environment variable ENCORD_SSH_KEY holds no private key"
    ):
        from_environment()
    monkeypatch.setenv("ENCORD_SSH_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(CredentialsError, match=r"none \(ENCORD_SSH_KEY_FILE\) does not exist"):
        from_environment()


@pytest.mark.parametrize("token", ["", "  ", "a b", "a\nb", "ü", None, 7])
def test_tokens_that_are_none(token: Any) -> None:
    with pytest.raises(CredentialsError, match="bearer token is empty or has blanks"):
        BearerCredentials(token)


def test_nothing_shows_or_copies_the_secret(key_text: str) -> None:
    secrets = [*key_text.split("\n")[1:-2], "TOKEN-SECRET"]
    for credentials in (SshCredentials.from_text(key_text), BearerCredentials("TOKEN-SECRET")):
        for text in (repr(credentials), str(credentials), f"{credentials}"):
            assert not [secret for secret in secrets if secret in text]
        with pytest.raises(TypeError):
            vars(credentials)
        for take in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="not pickled or copied"):
                take(credentials)


# --- taking over from the SDK


def sdk_clients(key_text: str, **options: Any) -> list[Any]:
    return [
        encord.EncordUserClient.create_with_ssh_private_key(key_text, **options),
        encord.EncordUserClient.create_with_bearer_token("TOKEN-SECRET", **options),
    ]


def test_taken_over_from_the_sdk(key_text: str, private_key: Ed25519PrivateKey) -> None:
    ssh, bearer = sdk_clients(key_text, domain="https://api.us.encord.com/", user_agent_suffix="mine/1")
    credentials, domain = credentials_from(ssh)
    assert isinstance(credentials, SshCredentials)
    assert credentials.public_key_hex == public_hex(private_key)
    assert (domain, credentials.user_agent_suffix) == ("https://api.us.encord.com", "mine/1")
    token, _ = credentials_from(bearer)
    assert token.headers("GET", "/", b"", 0) == {"Authorization": "Bearer TOKEN-SECRET"}
    assert credentials_from(sdk_clients(key_text)[0])[1] == "https://api.encord.com"


def test_taken_over_from_what_the_sdk_handed_out(key_text: str, private_key: Ed25519PrivateKey) -> None:
    client = sdk_clients(key_text)[0]
    objects = [
        StorageFolder(client._api_client, None),
        StorageItem(client._api_client, None),
        EncordClient(querier=client.querier, config=client.user_config.config, api_client=client._api_client),
        client._api_client,
        client.user_config,
        client.user_config.config,
        client.querier,
    ]
    for thing in objects:
        credentials, domain = credentials_from(thing)
        assert isinstance(credentials, SshCredentials), thing
        assert credentials.public_key_hex == public_hex(private_key)
        assert domain == "https://api.encord.com"


@pytest.mark.parametrize("thing", [None, 7, "text", object(), {"token": "x"}, [1]])
def test_objects_without_a_connection(thing: object) -> None:
    with pytest.raises(
        CredentialsError, match=f"in this {type(thing).__name__}; pass an encord.EncordUserClient"
    ):
        credentials_from(thing)


def test_a_ring_of_objects_ends() -> None:
    class Ring:
        pass

    ring = Ring()
    ring._client = ring._api_client = ring._config = ring  # type: ignore[attr-defined]
    with pytest.raises(CredentialsError):
        credentials_from(ring)


def test_import_is_light() -> None:
    code = (
        "import sys; import encord_widgets.api; import encord_widgets.api.credentials; "
        "import encord_widgets.api.listing, encord_widgets.api.endpoints, encord_widgets.api.http; "
        "heavy = ('cryptography', 'stamina', 'tenacity', 'pandas', 'ipywidgets', 'encord'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_bytes_of_a_key_are_no_text(key_text: str) -> None:
    with pytest.raises(CredentialsError, match="The key text is bytes, not text; decode it") as caught:
        find_credentials(ssh_private_key=key_text.encode())  # type: ignore[arg-type]
    assert key_text[40:80] not in str(caught.value)
