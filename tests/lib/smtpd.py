# SPDX-License-Identifier: Apache-2.0
"""A mail server on 127.0.0.1 (aiosmtpd), with STARTTLS, TLS and AUTH, that can be told to refuse."""
import asyncio
import email
import email.policy
import socket
import ssl
import threading

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = "hd", "c0rrect-horse"


class Mail:
    """One mail as it came: `sender`, `recipients`, `message` (email.message), whether over TLS, and who logged in."""

    def __init__(self, server, session, envelope):
        self.sender, self.recipients = envelope.mail_from, list(envelope.rcpt_tos)
        self.raw = envelope.original_content
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)
        self.over_tls = server.transport.get_extra_info("ssl_object") is not None
        self.login = session.auth_data.login.decode() if session.auth_data else None
        self.helo = session.host_name

    def part(self, kind):
        return self.message.get_body((kind,)).get_content()


class Rules:
    """What the server answers in place of its own: `refuse["RCPT"] = "550 no such user"`, for one recipient only
    `refuse["RCPT a@b.c"]`; likewise MAIL, DATA (after the dot), GREETING. `closes_after_dot`: the end, no answer."""

    def __init__(self):
        self.refuse, self.mails = {}, []
        self.closes_after_dot = False

    async def handle_MAIL(self, server, session, envelope, address, options):
        if "MAIL" in self.refuse:
            return self.refuse["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.refuse.get(f"RCPT {address}", self.refuse.get("RCPT"))
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        self.mails.append(Mail(server, session, envelope))
        if self.closes_after_dot:
            server.transport.abort()
            return "250 nobody hears this"
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data):
        fits = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=fits, handled=False, auth_data=data)


class Server(SMTP):
    """Greets as it is told."""

    def connection_made(self, transport):
        greeting = self.event_handler.refuse.get("GREETING")
        if greeting and self.transport is None:
            transport.write(greeting.encode() + b"\r\n")
            transport.close()
        else:
            super().connection_made(transport)


class Mailbox:
    """`cert`: a certificate of tests' authority. tls: "starttls", "tls", "none". Listens at once; `mails` have come."""

    def __init__(self, cert=None, tls="starttls", auth=True):
        self.rules, self.with_auth, self.tls_mode = Rules(), auth, tls
        self.context = None
        if tls != "none":
            self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.context.load_cert_chain(cert.cert, cert.key)
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(self.loop.create_server(
            self.session, "127.0.0.1", 0, ssl=self.context if tls == "tls" else None))
        self.address = f"localhost:{self.server.sockets[0].getsockname()[1]}"
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def session(self):
        starttls = self.context if self.tls_mode == "starttls" else None
        return Server(self.rules, hostname="mail.test", tls_context=starttls, require_starttls=bool(starttls),
                      authenticator=self.rules.authenticate if self.with_auth else None,
                      auth_required=self.with_auth, auth_require_tls=self.tls_mode == "starttls", loop=self.loop)

    @property
    def mails(self):
        return self.rules.mails

    async def _end(self):
        self.server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self.loop.stop()

    def close(self):
        if self.thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self.loop)
            self.thread.join()
            self.loop.close()


class Silent:
    """Says the answers one after the other, each to one line (to one message after 354), and then nothing more."""

    def __init__(self, folder, answers):
        self.answers = answers
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            connection, _ = self.socket.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as lines:
            for number, answer in enumerate(self.answers):
                if number > 0:
                    self.read(lines, self.answers[number - 1].startswith("354"))
                connection.sendall(answer.encode() + b"\r\n")
            while lines.readline():
                pass

    @staticmethod
    def read(lines, is_message):
        line = lines.readline()
        while is_message and line not in (b".\r\n", b""):
            line = lines.readline()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
