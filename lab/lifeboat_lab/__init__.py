"""The lab: sites of real libvirt hosts in namespaces of one Linux machine.

It shares no code with the product that it tests. Every module is named by the
noun it looks after; `cli` lists the ones that add commands.
"""
