"""The public hubs, with the token and content hosts that they are known to send clients to."""

from typing import Final

from modeladmit.core.naming import DOCKER_HUB

REGISTRIES: Final = (
    DOCKER_HUB, "registry-1.docker.io", "ghcr.io", "quay.io", "gcr.io", "*.gcr.io", "*.pkg.dev", "mcr.microsoft.com",
    "public.ecr.aws", "registry.k8s.io", "nvcr.io", "registry.ollama.ai", "registry.access.redhat.com", "registry.redhat.io",
)  # fmt: skip
HUBS: Final = (
    "huggingface.co", "hf.co", "modelscope.cn", "www.modelscope.cn", "modelscope.ai", "api.ngc.nvidia.com", "github.com",
    "codeload.github.com", "raw.githubusercontent.com", "gitlab.com",
)  # fmt: skip
STORES: Final = (
    "storage.googleapis.com", "s3.amazonaws.com", "*.s3.amazonaws.com", "s3.*.amazonaws.com", "*.s3.*.amazonaws.com",
    "*.dkr.ecr.*.amazonaws.com", "*.blob.core.windows.net", "*.azurecr.io",
)  # fmt: skip
CONTENT: Final = (
    "*.huggingface.co", "*.hf.co", "production.cloudflare.docker.com", "*.r2.cloudflarestorage.com", "pkg-containers.githubusercontent.com",
    "objects.githubusercontent.com", "release-assets.githubusercontent.com", "*.quay.io", "*.data.mcr.microsoft.com", "*.cloudfront.net",
    "*.ngc.nvidia.com", "*.modelscope.cn",
)  # fmt: skip
"""Hosts that only serve bytes after a redirect; nothing secret is sent there."""

TOKEN_HOSTS: Final = {
    DOCKER_HUB: ("auth.docker.io",),
    "registry-1.docker.io": ("auth.docker.io",),
    "nvcr.io": ("authn.nvidia.com",),
    "registry.gitlab.com": ("gitlab.com",),
    "registry.redhat.io": ("registry.redhat.io", "sso.redhat.com"),
    "registry.ollama.ai": ("ollama.com",),
}
"""Registry to the hosts that its Bearer realm may name (beside itself)."""

ALL: Final = frozenset(
    (
        *REGISTRIES,
        *HUBS,
        *STORES,
        *CONTENT,
        *(host for hosts in TOKEN_HOSTS.values() for host in hosts),
    )
)
