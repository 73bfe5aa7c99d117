"""The pages of this room."""

from django.urls import path

from notifications.views import messages

urlpatterns = [
    path("messages/", messages.notices, name="notices"),
    path("messages/read/", messages.notices_read, name="notices_read"),
    path("messages/<int:pk>/open/", messages.notice_open, name="notice_open"),
    path("portal/applications/<int:pk>/messages/", messages.portal_messages, name="portal_messages"),
    path("outbox/", messages.outbox, name="outbox"),
    path("outbox/<int:pk>/", messages.outbox_message, name="outbox_message"),
    path("mailbox/", messages.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/", messages.mailbox_mail, name="mailbox_mail"),
    path("mailbox/<int:pk>/html/", messages.mailbox_html, name="mailbox_html"),
]
