"""A QUIC server on aioquic: what comes on a stream goes back on it. It tells of itself in lines of JSON, and ends with its standard input."""
import argparse
import asyncio
import json
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import HandshakeCompleted, StreamDataReceived

parser = argparse.ArgumentParser()
parser.add_argument("--cert")
parser.add_argument("--key")
parser.add_argument("--versions", help="hexadecimal, the one that is preferred first")
parser.add_argument("--retry", action="store_true")
options = parser.parse_args()


def tell(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


class Echo(QuicConnectionProtocol):
    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived):
            self._quic.send_stream_data(event.stream_id, event.data, event.end_stream)
        elif isinstance(event, HandshakeCompleted):
            tell("connected", resumed=event.session_resumed, early=event.early_data_accepted)


async def main():
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["mqtt"])
    configuration.supported_versions = [int(version, 16) for version in options.versions.split(",")]
    configuration.load_cert_chain(options.cert, options.key)
    tickets = {}
    server = await serve("127.0.0.1", 0, configuration=configuration, create_protocol=Echo, retry=options.retry,
                         session_ticket_fetcher=lambda label: tickets.pop(label, None),
                         session_ticket_handler=lambda ticket: tickets.__setitem__(ticket.ticket, ticket))
    tell("listening", port=server._transport.get_extra_info("sockname")[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
