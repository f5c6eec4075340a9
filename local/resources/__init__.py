"""Resource providers: how CloudFormation types that moto lacks, or handles loosely, map to API
calls.
"""
