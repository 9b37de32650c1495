from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0002_alter_banner_image'),
    ]

    operations = [
        migrations.AddField(
            model_name='heartbeat',
            name='failures',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
