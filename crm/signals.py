"""What the rooms above may listen to."""

from django.dispatch import Signal

firm_moved = Signal()  # firm: its county, its officer or its status changed, in the sender's transaction
