"""The bundler: turns the kernel and the chosen plugins into a few small modules for a device."""
