"""What the rooms above may listen to."""

from django.dispatch import Signal

firm_moved = Signal()  # firm: its county or its officer changed, in the sender's transaction
