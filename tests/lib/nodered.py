# SPDX-License-Identifier: Apache-2.0
"""A real Node-RED. Its flows are one of ours (orders come in over HTTP, are counted, and are shown as metrics), or a test's."""
import json
from pathlib import Path

from lib.http import request
from lib.npm import node_modules
from lib.process import Process
from lib.wait import free_port, wait_until

COUNT = """
const kind = msg.req.query.kind || 'web';
const orders = flow.get('orders') || {};
orders[kind] = (orders[kind] || 0) + 1;
flow.set('orders', orders);
msg.payload = {ordered: orders[kind]};
return msg;
"""
SHOW = """
const orders = flow.get('orders') || {};
const lines = ['# HELP flow_orders_total Orders taken, by where they came from.', '# TYPE flow_orders_total counter'];
for (const kind of Object.keys(orders))
    lines.push(`flow_orders_total{job="shop",kind="${kind}"} ${orders[kind]}`);
lines.push('# HELP flow_heap_bytes Heap in use.', '# TYPE flow_heap_bytes gauge',
           `flow_heap_bytes ${process.memoryUsage().heapUsed}`, '');
msg.headers = {'Content-Type': 'text/plain; version=0.0.4'};
msg.payload = lines.join('\\n');
return msg;
"""
SETTINGS = """module.exports = {{
    uiHost: '127.0.0.1', uiPort: {port}, flowFile: 'flows.json', userDir: {folder}, disableEditor: true,
    credentialSecret: false, functionGlobalContext: {{}}, diagnostics: {{enabled: false}},
    telemetry: {{enabled: false}}, logging: {{console: {{level: 'warn', metrics: false, audit: false}}}},
}};
"""


def endpoint(method, path, function, number):
    """HTTP in → function → HTTP response, as the editor would save them."""
    base = {"z": "tab", "x": 0, "y": number}
    return [{"id": f"in{number}", "type": "http in", "url": path, "method": method, "wires": [[f"do{number}"]], **base},
            {"id": f"do{number}", "type": "function", "func": function, "outputs": 1, "initialize": "",
             "libs": [{"var": "process", "module": "process"}], "wires": [[f"out{number}"]], **base},
            {"id": f"out{number}", "type": "http response", "wires": [], **base}]


SHOP = [{"id": "tab", "type": "tab", "label": "shop"}, *endpoint("get", "/order", COUNT, 1),
        *endpoint("get", "/metrics", SHOW, 2)]


class NodeRed:
    """Node-RED on a loopback port; `order(kind)` sends one through the flow SHOP. alive: a path that the flows serve."""

    def __init__(self, folder, flows=SHOP, alive="/metrics"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.modules = node_modules("node-red")
        self.alive = alive
        (self.folder / "flows.json").write_text(json.dumps(flows))
        self.port = free_port()
        self.start()

    def start(self):
        """Starts it, or starts it again on the same port."""
        settings = self.folder / "settings.js"
        settings.write_text(SETTINGS.format(port=self.port, folder=json.dumps(str(self.folder))))
        self.process = Process(["node", self.modules / "node-red/red.js", "--settings", settings], self.folder,
                               "node-red", env={"HOME": str(self.folder), "NODE_ENV": "production"})
        wait_until(lambda: request(self.url(self.alive)).status == 200, 30, "Node-RED to serve its flow")

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def order(self, kind="web"):
        answer = request(self.url(f"/order?kind={kind}"))
        assert answer.status == 200, answer

    def deploy(self, flows):
        """Puts other flows in, as the editor's button does; they are served when this returns."""
        answer = request(self.url("/flows"), "POST", {"Content-Type": "application/json"}, json.dumps(flows))
        assert answer.status == 204, answer

    def stop(self):
        self.process.stop()
