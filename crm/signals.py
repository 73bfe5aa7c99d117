"""What the rooms above may listen to."""

from django.dispatch import Signal

export_ready = Signal()  # export: its file can be taken, in the transaction that says so
# firm: its county, its officer or its status changed, in the sender's transaction. `event` is the FirmEvent behind
# it, if there is one, and `withdrawn` says that it was taken back. A receiver that raises a refusal undoes the change.
firm_moved = Signal()
invited = Signal()  # invitation, token: the only moment at which the link is known, in the sender's transaction
registration_asked = Signal()  # request: somebody asked for an account
registration_refused = Signal()  # request: an officer said no
leave_planned = Signal()  # leave: somebody will be away, and who stands in
leave_ended = Signal()  # leave: it was cancelled, or ends earlier
view_deleted = Signal()  # view, actor: somebody's view of the firm list was deleted by another, in their transaction
