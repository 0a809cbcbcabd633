"""Approve a storyboard over NATS and follow its progress until the video is there.

python examples/publish_approval.py "$(reelwright nats)" my-job https://…/1.jpg https://…/2.jpg
"""

from __future__ import annotations

import asyncio
import json
import sys

import nats

FINAL = {"video.completed", "video.failed", "video.cancelled"}


async def main(server: str, job_id: str, image_urls: list[str]) -> None:
    """Publish with an acknowledgement, then read the stream: every message has a sequence, without gap or repeat."""
    client = await nats.connect(server)
    stream = client.jetstream()
    subscription = await stream.subscribe("video.*", ordered_consumer=True)
    approval = {
        "job_id": job_id,
        "approved": True,
        "estimated_cost": 1.50,
        "storyboard": [{"image_url": url, "duration_seconds": 3.0} for url in image_urls],
    }
    # The message id lets NATS drop a repeated publish; Reelwright itself takes an approval any number of times.
    ack = await stream.publish(
        "storyboard.approved", json.dumps(approval).encode(), headers={"Nats-Msg-Id": f"approval-{job_id}"}
    )
    print(f"approved, stored as message {ack.seq} of {ack.stream}")
    async for message in subscription.messages:
        body = json.loads(message.data)
        if body["job_id"] != job_id:
            continue
        print(f"{body['sequence']:>3}  {body['percent']:>3} %  {body['message']}")
        if message.subject in FINAL:
            print(json.dumps(body, indent=2))
            break
    await client.close()


if __name__ == "__main__":
    if len(sys.argv) < len(("program", "server", "job", "image")):
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
