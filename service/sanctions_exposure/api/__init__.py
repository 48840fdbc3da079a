"""The HTTP service: ``create_app(settings, screener)``; importing this does nothing else."""

from sanctions_exposure.api.app import create_app

__all__ = ["create_app"]
