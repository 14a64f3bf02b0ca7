"""The authority: 3scale's Service Management API, and the feed that gateways follow.

rsgi.py            granian's interface -> Request, Reply
routes.py          path -> what is done
params.py          query and form -> nested parameters
request.py         parameters -> Authorize, Report, or Rejected
service.py         decides about calls; the one place that asks the store
reports.py         counts what is reported
receipts.py        recognises a report that comes again
cases.py           a product's snapshot, prepared for deciding
wire.py            answers -> bytes
texts.py           what of these bytes stays the same
configurations.py  the feed of gateway configurations
internal/          the internal API: who provisions products from elsewhere
"""
