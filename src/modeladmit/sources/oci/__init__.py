"""OCI registries (distribution-spec 1.1): models, images, and the signatures that are stored beside them."""
