"""Widgets, pictures, state: what the pages are built from. Uses `zfnet_core`, is used by `pages`.

How a page is made (see `pages/look_inside_page.py`):

* `app.py` lists the page; its url_path differs from its file's stem (otherwise Streamlit runs it without app.py).
* What the visitor has chosen is one frozen `state.View`; widgets are made with `state.bind`, components call
  `state.change`. Both write the URL. New choices are new fields of `View`, marked with their page.
* `engine.network()`, `engine.photo()`, `engine.trace()` give the current network, photo and trace (cached, shared).
* Short work: `engine.desk().run(function, …)`. Long work: a generator, started with `engine.job(slot, generator)`
  and looked at by a fragment with `run_every` while `job.live`; leaving the page stops it.
* Figures are built in `ui`, pictures encoded by `pictures.py`, alt text made from the numbers.
"""
