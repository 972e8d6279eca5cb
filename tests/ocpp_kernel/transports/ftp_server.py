"""A small FTP server for tests: one user, one folder, passive mode."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

ANSWERS = {"USER": "331 password", "PASS": "230 welcome", "AUTH": "502 no TLS here"}


class FtpServer:
    """Serves a folder; ``cut_after`` breaks the next download off after so many bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands: list[str] = []
        self.cut_after: int | None = None
        #: Whether it knows MDTM, which is an extension.
        self.has_dates = True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Stops listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                control, _ = self._listener.accept()
            except OSError:
                return
            with control, control.makefile("rwb", buffering=0) as stream:
                self._session(stream)

    def _session(self, stream: object) -> None:
        data: socket.socket | None = None
        rest = 0

        def say(text: str) -> None:
            stream.write(f"{text}\r\n".encode())  # type: ignore[attr-defined]  # a raw file

        say("220 ready")
        while line := stream.readline():  # type: ignore[attr-defined]  # a raw file
            command, _, argument = line.decode().strip().partition(" ")
            self.commands.append(f"{command} {argument}".strip())
            path = self.folder / argument
            if command == "PASV":
                data = socket.create_server(("127.0.0.1", 0))
                port = data.getsockname()[1]
                say(f"227 Passive (127,0,0,1,{port // 256},{port % 256})")
            elif command == "REST":
                rest = int(argument)
                say("350 from there")
            elif command == "QUIT":
                say("221 bye")
                return
            elif command in ("SIZE", "MDTM", "RETR") and not path.is_file():
                if data is not None:
                    data.close()
                say("550 no such file")
            elif command == "SIZE":
                say(f"213 {path.stat().st_size}")
            elif command == "MDTM":
                say(f"213 {path.stat().st_mtime_ns}" if self.has_dates else "500 what is that?")
            elif command == "RETR" and data is not None:
                say("150 here it comes")
                self._give(data, path.read_bytes()[rest:])
                say("226 done")
                rest = 0
            elif command == "STOR" and data is not None:
                if not path.parent.is_dir():
                    say("550 no such folder")
                    data.close()
                    continue
                say("150 go on")
                path.write_bytes(self._take(data))
                say("226 stored")
            else:
                say(ANSWERS.get(command, "200 yes"))

    def _give(self, listener: socket.socket, content: bytes) -> None:
        cut, self.cut_after = self.cut_after, None
        with listener, listener.accept()[0] as connection:
            connection.sendall(content if cut is None else content[:cut])

    def _take(self, listener: socket.socket) -> bytes:
        content = b""
        with listener, listener.accept()[0] as connection:
            while piece := connection.recv(65536):
                content += piece
        return content
