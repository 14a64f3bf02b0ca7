"""The portal: a Django project with the admin portal, the Account Management API and their data.

Apps (`tenants` up to `onboarding`) hold models, selectors and services; faces (`api`, `console`)
hold URLs, views, forms and templates, and no models.
"""
