# One worker from the bundle beside this file, its settings from the environment; a setting that is absent is null.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ( name = "main",
      worker = (
        modules = [(name = "worker", esModule = embed "worker.js")],
        compatibilityDate = "2026-07-01",
        compatibilityFlags = ["nodejs_compat"],
        bindings = [
          (name = "DATABASE_URL", fromEnvironment = "DATABASE_URL"),
          (name = "PUBLIC_URL", fromEnvironment = "PUBLIC_URL"),
          (name = "TOKEN_RECHECK_MS", fromEnvironment = "TOKEN_RECHECK_MS"),
        ],
      )
    ),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
