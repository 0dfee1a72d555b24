"""From a Kubernetes object to every model that it will load. Pure: no clock, no socket, no environment."""
