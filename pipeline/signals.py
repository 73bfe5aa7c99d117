"""The signals of this room. Receivers write rows in the sender's transaction."""

from django.dispatch import Signal

stage_changed = Signal()  # event: the StageEvent; passing: True where another move follows at once
notice_issued = Signal()  # notice: the MaterialNotice
