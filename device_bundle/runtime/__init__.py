"""What runs on a module besides kernel and plugins. Portable, processed by the bundler.

The app module the bundler emits needs two things from here:

    from device_bundle.runtime.settings import Settings     # values filled in from ocpp.toml
    from device_bundle.runtime.start import run

    def install(station):
        core = core_profile.ChargePoint(station, core_profile.Settings)
        ...
        station.install(contracts, routes, hooks, profiles, foreign)

    run(install, Settings)          # does not return: a wanted restart restarts the module
    run(install, Settings, offer)   # the same with `moving.offer`, where a plugin moves files

`Settings` may be the class itself or an instance: only attributes are read. `main_template.py` is
the text of `/usr/main.py`: `@NAME@`, `@VERSION@` and `usr.app` are to be replaced.

    websocket   one connection's state, and its frames, no sockets
    handshake   URL, upgrade request, its answer
    connector   one attempt to connect, with everything handed in
    streams     usocket; tls: ussl; pinning: which server it may be
    transfers   begins downloads and uploads; jobs: these; http: the protocol
    installing  has images installed, and knows what is on trial
    installer   puts an image in place; image reads it; files; staging: the firmware's updaters
    moving      offers plugins transfers and installing
    later       lets go of what is loaded when needed: jobs, http, and installer with what it uses
    clock, codec, backoff
    board       the module's own functions
    loop        the main loop
    start       puts it all together
"""
