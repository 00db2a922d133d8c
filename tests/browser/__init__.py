"""Everything that the pages offer, driven in a real Chromium: a person's walks through a real house.

One house (the engine, a worker, the pages on a port of their own, SQLite, the outbox) and one browser serve all walks.
The last test compares what the server has registered with what the walks drove: **a page or an act that no walk
drives fails the build, and is named.** An act counts when it was answered, and not by a refusal.

How to write a walk
    Put a public coroutine into `tests/browser/walks/<area>.py`; it is found there and becomes a test of that name:

        async def a_result_is_one_click(office: Office) -> None:
            await office.contact("Carla Klick")                       # contacts of your own: all walks share the house
            one = await office.enroll("Carla Klick", CALL)            # or through the pages; both are real
            tab = await office.enter(RITA)                            # a browser tab in which Rita is signed in

            await tab.open("/todos")
            await tab.look("todos")                                   # once for each page, see below
            await tab.press("Interested", within="Carla Klick")       # a button or a link, by what stands on it
            await tab.reads("Done: Interested")

            assert (await office.house.place(one, "finished")).outcome == "positive"

What a tab does by itself
    An error in the console, an error of a script, a request that failed and an answer of 400 or more fail the walk.
    Where a refusal is wanted: `async with tab.refused(): …`.

`await tab.look(NAME)`
    Looks at the page as it is then: axe finds nothing serious or critical, in the dark no contrast is too low, and at
    390 px nothing has to be scrolled sideways. Every page that answers HTML must be looked at once; the names are those
    of the pictures in docs/pictures. Look when there is something on the page.

Pictures
    `make pictures` takes them in another house, which `lived_in.py` fills with five weeks of work, on the way that
    `tour.py` goes. A page that is looked at needs its picture there, and one in the README: the build fails without.

More
    `office.enter(EMAIL, scripts=False)`    a tab without JavaScript: every act works there too
    `office.user("Kim Keys", Level.use)`    somebody of your own, with an empty list
    `office.reply("Carla Klick", "Yes!")`   a mail from her comes to the journal
    `tab.read(await office.letter("Carla Klick"))`   the last mail to her, as a mail program shows it, with its links
    `tab.unfold("Postpone")`                opens what is folded up
    `tab.field("Subject")`                  a field by its label; `tab.page` is Playwright's own page
    `tab.until("Canceled")`                 loads the page again until it says so: a run takes a moment
    `@pytest.mark.statement(36)`            on the walk: it shows that statement of what was asked for

`pytest tests/browser -k todos` runs some; what went wrong is seen in var/browser/*.png. Walks share the house and may
run in any order: make your own people, and put settings back (`async with office.settings(several_sequences=False)`).
Where Chromium is missing all is skipped, and fails in CI.
"""
