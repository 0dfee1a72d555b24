"""The pipeline as the command line opens it: the user's settings, registries named on the command line, Docker's logins."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from modeladmit.cli.hub_token import HubToken
from modeladmit.core.reference import Reference
from modeladmit.errors import ConfigurationError
from modeladmit.settings import Registry, Settings, docker_folder, hub_token
from modeladmit.sources.docker_config import DockerConfig, parse
from modeladmit.sources.keychain import Keychains
from modeladmit.sources.progress import Progress
from modeladmit.wiring import Engine, open_engine


def settings_for(
    config: Path | None = None,
    *,
    registries: Iterable[str] = (),
    plain_http: Iterable[str] = (),
    hosts: Iterable[str] = (),
) -> Settings:
    """The settings of a file (or of MODELADMIT_CONFIG) with what the command line adds. Raises ConfigurationError.

    `hosts` are allowed at public addresses; `registries` and `plain_http` at private ones too, because the user named them.
    """
    settings = Settings.load(file=config)
    listed = {
        registry.host for registry in settings.registries
    }  # with their authorities and certificates
    named = [Registry(host=host) for host in registries if host not in listed]
    named += [Registry.model_validate({"host": host, "plainHTTP": True}) for host in plain_http]
    known = {registry.host for registry in named}
    kept = [registry for registry in settings.registries if registry.host not in known]
    return settings.model_copy(
        update={
            "registries": (*named, *kept),
            "allowed_hosts": (*settings.allowed_hosts, *dict.fromkeys(hosts)),
        }
    )


def hosts_of(references: Iterable[Reference]) -> list[str]:
    """The hosts that references name themselves."""
    return [host for reference in references if (host := reference.host)]


@asynccontextmanager
async def session(settings: Settings, progress: Progress | None = None) -> AsyncIterator[Engine]:
    """Open the pipeline with the user's logins."""
    logins = Keychains((docker_logins(settings), HubToken(settings.hf_endpoint, hub_token())))
    async with open_engine(settings, keychain=logins, progress=progress) as engine:
        yield engine


def docker_logins(settings: Settings, folder: Path | None = None) -> DockerConfig:
    """`credentials.dockerConfig` of the settings, or config.json in the user's Docker folder where there is one."""
    named = settings.credentials.docker_config
    path = Path(named) if named else (folder or docker_folder()) / "config.json"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if named:
            raise ConfigurationError(f"credentials.dockerConfig: {named} does not exist") from None
        return DockerConfig(())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__})") from error
    return parse(content) if _has_logins(content) else DockerConfig(())


def _has_logins(content: bytes) -> bool:
    """Docker writes settings of its own into the file, and no `auths` until somebody logs in."""
    try:
        config = orjson.loads(content)
    except orjson.JSONDecodeError:
        return True  # the parser says what is wrong
    return not isinstance(config, dict) or bool(config.get("auths"))
