# SPDX-License-Identifier: Apache-2.0
"""Real BullMQ queues on a real Redis, by a small Node program that a test tells what to do, a line at a time."""
import json

from lib.npm import node_modules
from lib.process import Process
from lib.wait import wait_until

PROGRAM = """
const {Queue, Worker} = require(process.argv[2]);
const connection = {host: '127.0.0.1', port: Number(process.argv[3]), maxRetriesPerRequest: null};
const jobs = JSON.parse(process.argv[4]);
(async () => {
    const queue = new Queue(jobs.queue, {connection});
    await queue.waitUntilReady();
    if (jobs.worker) {
        const worker = new Worker(jobs.queue, async job => {
            if (job.data.fail)
                throw new Error(job.data.fail);
            if (job.data.hold)
                await new Promise(done => setTimeout(done, job.data.hold));
        }, {connection, concurrency: 5});
        await worker.waitUntilReady();
    }
    for (const [data, options] of jobs.add || [])
        await queue.add('job', data, options);
    if (jobs.pause)
        await queue.pause();
    console.log('done');
    if (!jobs.worker) {
        await queue.close();
        process.exit(0);
    }
})();
"""


class BullMq:
    """version: the package's folder, `bullmq` (5) or `bullmq6`; jobs: queue, add, pause, worker."""

    def __init__(self, folder, version, redis, **jobs):
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / "jobs.js"
        program.write_text(PROGRAM)
        module = node_modules("bullmq") / version
        self.process = Process(["node", str(program), str(module), str(redis.port), json.dumps(jobs)], folder, "bullmq")
        wait_until(lambda: "done" in self.process.tail(), 30, "BullMQ to be done")

    def stop(self):
        self.process.stop()
