"""Pages of application plans: their list, and what each allows, costs and shows."""
