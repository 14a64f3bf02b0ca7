"""The internal API: whoever keeps products elsewhere tells this authority of them.

Specification: Service Management API, sections 14 to 17. Writes go through ``store.publishing``
with the source ``internal``; what the portal has published can be read here, and is changed there.
"""
