from tests.pipeline.conftest import application, formal

__all__ = ["application", "formal"]
