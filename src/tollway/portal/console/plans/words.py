"""How plans of accounts, of products and of applications are spoken of."""

from __future__ import annotations

from msgspec import Struct


class Words(Struct, frozen=True):
    """``users`` are who is on a plan; ``user`` is one of them."""

    title: str
    one: str
    user: str
    users: str
    lead: str
    begins: str  # under "New … plan"
    missing: str  # where there is none
    nobody: str  # where nobody is on one
    default: str  # what the default plan is for
    no_default: str
    approval: str
    until_approved: str


APPLICATION = Words(
    title="Application plans",
    one="application plan",
    user="application",
    users="applications",
    lead="What an application may use, how much of it, and what that costs.",
    begins="Limits and prices come next. Developers see the plan once you publish it.",
    missing="An application needs a plan: without one nobody can get a key.",
    nobody="Applications come with developers who choose it, or when you move them here.",
    default="A developer who signs up gets an application on it.",
    no_default="Developers who sign up get no application by themselves.",
    approval="New applications wait for approval",
    until_approved="Until you accept one, its calls are refused.",
)
SERVICE = Words(
    title="Service plans",
    one="service plan",
    user="subscription",
    users="subscriptions",
    lead="On what terms an account subscribes to the product, before it has an application.",
    begins="Features come next. Developers see the plan once you publish it.",
    missing="Without one nobody can subscribe to the product, and so get an application.",
    nobody="Accounts come with a sign-up, if it is the default, or when you move them here.",
    default="Who signs up, or gets a first application, is subscribed on it.",
    no_default="Nobody gets a first application until you subscribe the account.",
    approval="New subscriptions wait for approval",
    until_approved="Until you approve one, the account gets no application of the product.",
)
ACCOUNT = Words(
    title="Account plans",
    one="account plan",
    user="account",
    users="accounts",
    lead="What an account costs, and whether it waits for your approval. Every account is on one.",
    begins="Features come next. Developers see the plan once you publish it.",
    missing="Without one nobody can sign up.",
    nobody="Accounts come with a sign-up, if it is the default, or when you move them here.",
    default="An account that signs up is on it.",
    no_default="Nobody can sign up while there is no default plan.",
    approval="New accounts wait for approval",
    until_approved="Until you approve one, its users cannot sign in.",
)
