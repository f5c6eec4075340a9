"""The embedded AWS: a test bed and a try-out for the constructs, inside the checkout.

`moto`'s server, with a CloudFormation engine that orders, replaces, cleans up and rolls back as
AWS does, and with SageMaker, Application Auto Scaling and CloudWatch calls that are checked
against the service models. It shows whether a deployment would be accepted and what it leaves
behind. Custom resources of CDK's provider framework run their own handlers, in this process and
by a clock that waits for nobody. It makes no claim about timing, about permissions (no policy is
enforced) or about containers really running: an endpoint is `InService` at once, and a transform
job completes when it was looked at a few times.
"""
