"""Models, their versions, and the append-only transitions between stages."""

from trainautod.registry.stages import STAGES, Stage
from trainautod.registry.versions import Registration, models_document, register, transitions

__all__ = ["STAGES", "Registration", "Stage", "models_document", "register", "transitions"]
