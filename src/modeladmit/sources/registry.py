"""Every protocol, one line each: what `wiring` builds."""

from collections.abc import Mapping

from modeladmit.core.reference import Scheme
from modeladmit.sources.access import StoreClient
from modeladmit.sources.azure_blob import AzureBlobStore
from modeladmit.sources.gcs import GcsStore
from modeladmit.sources.git import GitSource
from modeladmit.sources.https import HttpsSource
from modeladmit.sources.huggingface import HuggingFaceSource
from modeladmit.sources.keychain import Keychain
from modeladmit.sources.mlflow import MlflowSource
from modeladmit.sources.modelscope import ModelScopeSource
from modeladmit.sources.objects import ObjectStoreSource
from modeladmit.sources.oci.source import OciSource
from modeladmit.sources.progress import SILENT, Progress
from modeladmit.sources.s3 import S3Store
from modeladmit.sources.source import Source
from modeladmit.sources.transport import Transport
from modeladmit.sources.unresolvable import UnresolvableSource


def build_sources(
    transport: Transport, keychain: Keychain, progress: Progress = SILENT
) -> Mapping[Scheme, Source]:
    """Adapters by scheme, on one transport. The settings are the transport's."""
    settings, client = transport.settings, StoreClient(transport, keychain)
    oci = OciSource(transport, keychain)
    https = HttpsSource(client, progress)
    stores: dict[Scheme, Source] = {
        Scheme.OCI: oci,
        Scheme.OLLAMA: oci,
        Scheme.NGC: oci,
        Scheme.HF: HuggingFaceSource(client, settings.hf_endpoint),
        Scheme.MODELSCOPE: ModelScopeSource(client, settings.modelscope_endpoint),
        Scheme.S3: ObjectStoreSource(S3Store(transport, keychain), settings.limits),
        Scheme.GCS: ObjectStoreSource(GcsStore(client, settings.gcs_endpoint), settings.limits),
        Scheme.AZURE_BLOB: ObjectStoreSource(
            AzureBlobStore(client, settings.azure_endpoint), settings.limits
        ),
        Scheme.HTTPS: https,
        Scheme.HTTP: https,
        Scheme.GIT: GitSource(client),
    }
    mlflow = MlflowSource(client, settings.mlflow_tracking_uri, stores)
    nowhere = UnresolvableSource()
    return {**dict.fromkeys(Scheme, nowhere), **stores, Scheme.MLFLOW: mlflow}
