"""The lab: real origins, edges and vantages in network namespaces, joined by links that can be broken.

Read in this order: layout (what a lab consists of), supervisor (who makes it and who ends it), services (what runs
in it), impairments and misbehaviour (what can be done to it), cli.
"""
