"""What the rooms above may listen to."""

from django.dispatch import Signal

firm_moved = Signal()  # firm: its county, its officer or its status changed, in the sender's transaction
invited = Signal()  # invitation, token: the only moment at which the link is known, in the sender's transaction
registration_asked = Signal()  # request: somebody asked for an account
registration_refused = Signal()  # request: an officer said no
