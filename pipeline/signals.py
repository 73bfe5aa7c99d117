"""What this room tells the rooms above. Receivers write their rows in the sender's transaction."""

from django.dispatch import Signal

stage_changed = Signal()  # event: the StageEvent; passing: True where another move follows at once
deadlines_changed = Signal()  # ids: deadlines with another date, or closed: what was to be said of them is stale
notice_issued = Signal()  # notice: the MaterialNotice
handover_asked = Signal()  # handover: an officer wishes that their work goes to another
handed_over = Signal()  # handover: everything that could move has moved
counting_due = Signal()  # somebody is to be counted again; sent after the commit, as a hint to the queue
