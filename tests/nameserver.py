"""A name server for tests: answers on loopback, over UDP, with the records that it was given."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

_TTL_S = 60


class NameServer:
    """``records`` are texts by (name, type); they may be changed while it answers.

    ("portal.acme.example", "A"): ("127.0.0.1",). A CNAME is followed, as a resolver does.
    """

    def __init__(self, records: Mapping[tuple[str, str], tuple[str, ...]] = {}) -> None:
        self.records = dict(records)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())  # ends the thread
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            packet, peer = self._socket.recvfrom(4096)
            if not packet:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(packet)).to_wire(), peer)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype
        while alias := self.records.get((name, "CNAME")):
            answer.answer.append(_set(name, dns.rdatatype.CNAME, (f"{alias[0]}.",)))
            name = alias[0]
        if found := self.records.get((name, dns.rdatatype.to_text(kind))):
            answer.answer.append(_set(name, kind, found))
        elif name not in {known for known, _ in self.records}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def _set(name: str, kind: dns.rdatatype.RdataType, texts: tuple[str, ...]) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(dns.name.from_text(name), _TTL_S, "IN", kind, texts)
