"""Messages, from the change that asks for one until it is delivered, and a while longer."""

from __future__ import annotations

from django.db import models

from tollway.portal.tenants.models import TenantOwned


class Audience(models.TextChoices):
    """Who is written to."""

    ADMIN = "admin"  # users of a tenant's admin portal, in the operator's name
    DEVELOPER = "developer"  # in the tenant's


class Mail(TenantOwned):
    """One message to one address.

    ``key`` names the occasion within the tenant, so that a message is never made twice.

    Texts hold links that open an account once. They are kept sealed, and only for as long as they
    are needed: until the message is delivered or given up; where the portal shows a mailbox, until
    the row goes. The rest of the row stays for ``services.KEPT`` after that, to answer "did it
    arrive, and why not?".

    ``next_try_at`` is also how a worker claims a message: it puts the next try off, and with it all
    other workers; ``attempts`` tells whose claim it is.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"  # the server took it
        FAILED = "failed"  # given up; ``reason`` says why
        KEPT = "kept"  # never sent: there is no server

    key = models.CharField(max_length=255)
    template = models.CharField(max_length=64)
    audience = models.CharField(max_length=16, choices=Audience)
    recipient = models.EmailField(max_length=255)
    sender = models.EmailField(max_length=255)
    sender_name = models.CharField(max_length=255)
    reply_to = models.EmailField(max_length=255, blank=True)
    subject = models.CharField(max_length=255)
    content_sealed = models.BinaryField()  # text and HTML; empty when they are not kept any more
    message_id = models.CharField(max_length=255)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)  # what it says is of no use any more
    reason = models.TextField(blank=True)  # why it was not delivered the last time
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "mail"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="one_mail_per_occasion"),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="mail_that_waits",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["settled_at"], name="mail_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"
