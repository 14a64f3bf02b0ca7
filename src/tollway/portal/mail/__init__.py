"""Mail: a row per message, written with the business change and delivered by the worker.

Below the apps that write letters: it knows tenants and addresses, not users. What a row holds, and
for how long, says ``models.Mail``; what may arrive twice, ``services.deliver_next``.
"""
