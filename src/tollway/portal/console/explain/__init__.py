"""Why a call is let through or refused: one tried here, or one that a gateway has refused."""
