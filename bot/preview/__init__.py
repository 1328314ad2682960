"""A playbook to read before it is published: a drawn graph, one page of HTML, one PDF."""
