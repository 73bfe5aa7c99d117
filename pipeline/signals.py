"""The one signal of this room: an application changed its stage. Receivers write rows in the sender's transaction."""

from django.dispatch import Signal

stage_changed = Signal()  # event: the StageEvent; passing: True where another move follows at once
