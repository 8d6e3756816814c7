"""Widgets, pictures, state: what the pages are built from. Uses `zfnet_core`, is used by `pages`.

How a page is made (CONTRIBUTING.md tells it step by step):

* An exhibit's `fields.py` says what can be chosen; widgets are made with `state.bind`, components call `state.change`.
  Both write the address.
* `current.now()` is the current network, photo and crop; the page makes a `Question` of them once per run.
* Short work: `current.scheduler().run(function, …)`. Long work: a generator that is looked at with
  `shared_task.look(slot, key, make)` and shown with `shared_task.watch`: begun once for all who ask for the same, and
  ended when nobody looks any more.
* What is worth keeping goes into a `Cache`; all of them share one budget of memory.
"""
